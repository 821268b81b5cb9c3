/** Assembled bytes of our own WebAssembly, kept as text. */
declare module '*.wat' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
