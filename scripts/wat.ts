import { readFileSync } from 'node:fs';
import type { Plugin } from 'vite';
import wabt from 'wabt';

/** Turns `import bytes from './x.wat'` into the assembled module's bytes. Our own WebAssembly is kept as text. */
export function wat(): Plugin {
  return {
    name: 'winnow-wat',
    enforce: 'pre',
    async load(id) {
      const file = id.split('?')[0] ?? id;
      if (!file.endsWith('.wat')) return null;
      const { parseWat } = await wabt();
      const module = parseWat(file, readFileSync(file, 'utf8'), { simd: true });
      try {
        module.validate();
        const base64 = Buffer.from(module.toBinary({}).buffer).toString('base64');
        return `export default Uint8Array.from(atob('${base64}'), (letter) => letter.charCodeAt(0));`;
      } finally {
        module.destroy();
      }
    },
  };
}
