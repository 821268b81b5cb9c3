import { ensureBuilt } from './install.mjs';
import { serve } from './serve.mjs';

ensureBuilt();
const { url } = await serve({ port: Number(process.argv[2] ?? 0) });
console.log(url);
