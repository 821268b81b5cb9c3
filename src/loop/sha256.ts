/** SHA-256 of some bytes as 64 hex digits. */
export function sha256(bytes: Uint8Array): Promise<string> {
  return digest('SHA-256', bytes);
}
/** SHA-1 as 40 hex digits: git's ids are made with it. */
export function sha1(bytes: Uint8Array): Promise<string> {
  return digest('SHA-1', bytes);
}

async function digest(algorithm: string, bytes: Uint8Array): Promise<string> {
  const result = await crypto.subtle.digest(algorithm, bytes as BufferSource);
  return Array.from(new Uint8Array(result), (b) => b.toString(16).padStart(2, '0')).join('');
}
