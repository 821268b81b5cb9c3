import { serve } from './serve.mjs';

const { url } = await serve({ port: Number(process.argv[2] ?? 0) });
console.log(url);
