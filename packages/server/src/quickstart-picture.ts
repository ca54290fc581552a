import sharp from 'sharp'

const SCENE = `<svg xmlns="http://www.w3.org/2000/svg" width="960" height="600">
  <defs>
    <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
      <stop offset="0" stop-color="#1b2a49"/><stop offset="0.6" stop-color="#d9765f"/><stop offset="1" stop-color="#f6d19a"/>
    </linearGradient>
  </defs>
  <rect width="960" height="600" fill="url(#sky)"/>
  <circle cx="640" cy="330" r="70" fill="#fff1cf"/>
  <path d="M0 420 L180 250 L330 400 L470 290 L700 470 L820 400 L960 480 L960 600 L0 600 Z" fill="#3a2f4a"/>
  <path d="M0 500 L240 420 L520 520 L760 470 L960 540 L960 600 L0 600 Z" fill="#1d1a2b"/>
</svg>`

/** A picture to try signing on: a sunset, drawn here. JPEG. */
export async function quickstartPicture(): Promise<Uint8Array> {
  return sharp(Buffer.from(SCENE)).jpeg({ quality: 88 }).toBuffer()
}
