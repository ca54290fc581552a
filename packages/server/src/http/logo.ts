import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { COMMON_ANSWERS } from './openapi.ts'

/** Where the platform's picture of itself is, on the API host. */
export const LOGO_PATH = '/logo.png'

/** 128 x 128 pixels; what shows a list of signing services draws it. CSC §11.1. */
const LOGO = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAIAAAACABAMAAAAxEHz4AAAAMFBMVEVMaXETUiwTUiwTUiwUUy3///+G76wiYTs5clDQ3tVzoIVRiGbq8Oxz1ZeataW5zMAT2+YBAAAABHRSTlMA244+Vi4UJQAAAAlwSFlzAAALEwAACxMBAJqcGAAAA9RJREFUaN6tmsFuEzEQhkPDA1DIA0DpAxTEA5CyUjYJTU8WbBTRU00Lyi0CCQinFCTg2AgJriE9VOop5IS4VVCpxyp9gUYCcSUSCFSxze56ba9nsuthjk38ZTzze2yPm8sJyy/MO2msOL+wlDPYdSeDXU2Ov+Jksov6+EUnoy2r4685me2SPH7OsbDLEqBgAyiSJqBMIl+wAxQjOZxzLO0CJQJSFOYcawsSccMecIs2g3AOhBkEczhPAdy0WUb6kipQAH4Q8uCHT/d+H7LDg9PdFkJYAmP46i+LrPGjhUTRHEP3O5PN24GjaJRRpcs0+wNKyZSEJ/ssYe+hNCymGw8Rlg1ZrBrHM/bLnMcEoDRhgPXSAT5B45nXMQH0v9QYbHWDCzqg1EUA7GQ24A02nq21ZgHkDDROd186j1/vyT69nQWQHHgnQvY5pnotHOCKrza+yX5NYBdyZgcaas7dsYgCCohToGvGnUCJUACrsGpFdOsYYIwI5nkE78AANwpAx7RsPoSffoEBz8Bky5O4BwPGoNyUFA0ggIs64H9+wPlZmrYhwCoktijJI855IsQS4GMA+AoV4LY/nq/7vwABuqYpSnbmAN/0vwEAqsYgS6WeTw0GlAPANgToRwBoClv4DKo8AkBBHOMzeCEAUBoDod2FRBCO39TTnNNieAIAHoWAda8HSLlmXGuKiHxrwiXtdiBDTES+bcBFdQusBEJEvnVgQLDc76Ai4g+RjSXI4k8zYBgCBgigC27AsYgeYHsjloRIREcIIKwmqIiaDgKoIlmMcniMASrmfUcWEW9hgJqylKqjZhzwFVBESUA9/s1YtH1QRCBgRZ4xIiIQMJTXTSSiXgbASAq6i4gIBMhLFxPRDMDUhRKHCgGWRql6oCIChTQUo0ojNIeQlFeE37iIwMUkfve4DxcCdDlHM+e4iOCCIlzARYSUNNWFppMCoBZV1YWjNACtrMsuNFtpANrGIrtw30kD0Lc2yYVOKoC+ucYubCg3UnBzTWzvwoWBehqHtvcwj2uJWioXgjJDzomJI047KaIxQ86JiUNW4EIzcRr3Uh/z2nohKBu2L+ygqVb3+DSe/qir7C/CR8/2sB39Qt36uL9vOssaLhye7YWDfuUhX7rEd2yvffSLZ3z13bG7+pIv3/Trv7EBUcrQgJBcsGyBkJsw9DZQ9kYUuRX2/5txWduBhoZkJVNDktwSJTdlyW3hFI1pD21Mk1vj5OY8/XmA/EBBfiIhP9LQn4nID1XkpzL6Yx35uZD8YEl/MqU/2pKfjekP1/Snc/rj/fTfBwrZ/33gH7bDHuwq5mXeAAAAAElFTkSuQmCC',
  'base64',
)

/** The logo. */
export function addLogoRoute(app: FastifyInstance): void {
  app.get(LOGO_PATH, { config: { authentication: 'open' }, schema: SCHEMA }, async (_request, reply) =>
    reply.type('image/png').header('cache-control', 'public, max-age=86400').send(LOGO),
  )
}

const SCHEMA = {
  tags: ['Platform'],
  operationId: 'getLogo',
  summary: 'The logo of the platform',
  response: {
    200: { description: 'A picture', content: { 'image/png': { schema: Type.String({ format: 'binary' }) } } },
    ...COMMON_ANSWERS,
  },
}
