import { type TestContext, test } from 'node:test'
import { csvRecord } from '../../src/http/csv.ts'

test('a record is as RFC 4180 has it, and no cell of it is a formula', (t: TestContext) => {
  for (const [cells, record] of [
    [['a', 'b'], 'a,b'],
    [['', undefined, ' '], ',, '],
    [['a,b', 'say "no"', 'one\r\ntwo', 'one\ntwo'], '"a,b","say ""no""","one\r\ntwo","one\ntwo"'],
    [['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'], `'=1+1,'+1,'-1,'@SUM(A1),'\t=1,"'\r=1"`],
    [['=HYPERLINK("https://a.example","b")'], `"'=HYPERLINK(""https://a.example"",""b"")"`],
    [["x;=cmd|' /C calc'!A0;", 'a;-1', 'a\n=1', '＝1+1'], `x;'=cmd|' /C calc'!A0;,a;'-1,"a\n'=1",'＝1+1`],
    [['a=1', '{"reason":"=1"}', '📰'], 'a=1,"{""reason"":""=1""}",📰'],
  ] as const)
    t.assert.equal(csvRecord(cells), `${record}\r\n`)
})
