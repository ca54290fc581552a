"""Signs as a program of somebody else would: by pyHanko, a PDF and three texts at once. What it got goes to stdout."""
import asyncio
import base64
import io
import json
import ssl
import sys

import aiohttp
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, signers
from pyhanko.sign.signers import csc_signer
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

asked = json.load(sys.stdin)


class ByPin(csc_signer.CSCAuthorizationManager):
    """Authorises the hashes by the PIN, in a request of pyHanko's form."""

    def __init__(self, session, *about):
        super().__init__(*about)
        self.session = session

    async def authorize_signature(self, hash_b64s):
        body = self.format_csc_auth_request(pin=asked["pin"], hash_b64s=hash_b64s)
        url = self.csc_session_info.endpoint_url("credentials/authorize")
        async with self.session.post(url, json=body, raise_for_status=True) as response:
            return self.parse_csc_auth_response(await response.json())


class Loopback(aiohttp.abc.AbstractResolver):
    """The name leads nowhere on some machines."""

    async def resolve(self, host, port=0, family=0):
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": 2, "proto": 0, "flags": 0}]

    async def close(self):
        pass


def empty_pdf():
    writer = PdfFileWriter()
    contents = writer.add_object(generic.StreamObject(stream_data=b""))
    writer.insert_page(PageObject(contents=contents, media_box=(0, 0, 72, 72)))
    out = io.BytesIO()
    writer.write(out)
    return IncrementalPdfFileWriter(out)


async def main():
    tls = ssl.create_default_context(cafile=asked["ca"])
    tls.load_cert_chain(asked["cert"], asked["key"])
    connector = aiohttp.TCPConnector(ssl=tls, resolver=Loopback())
    async with aiohttp.ClientSession(connector=connector) as session:
        about = csc_signer.CSCServiceSessionInfo(asked["url"], asked["credential"], api_ver=asked["version"])
        credential = await csc_signer.fetch_certs_in_csc_credential(session, about)
        by_pin = ByPin(session, about, credential)
        signer = csc_signer.CSCSigner(session, by_pin, batch_size=3, prefer_pss=asked["pss"])
        texts = [text.encode() for text in asked["texts"]]
        signatures = await asyncio.gather(*(signer.async_sign_raw(text, "sha256") for text in texts))

        pdf_signer = csc_signer.CSCSigner(session, by_pin, prefer_pss=asked["pss"])
        metadata = PdfSignatureMetadata(field_name="Signature", md_algorithm="sha256")
        signed = await signers.PdfSigner(metadata, pdf_signer).async_sign_pdf(empty_pdf())
        roots = ValidationContext(trust_roots=[credential.chain[-1]], allow_fetching=False)
        embedded = PdfFileReader(signed).embedded_signatures[0]
        status = await asyncio.to_thread(validate_pdf_signature, embedded, roots)
        answer = {
            "signatures": [base64.b64encode(signature).decode() for signature in signatures],
            "batch": credential.max_batch_size,
            "pdf": {"intact": status.intact, "valid": status.valid, "trusted": status.trusted},
        }
        print(json.dumps(answer))


asyncio.run(main())
