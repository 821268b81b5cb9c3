import { WinnowError } from '../../domain/errors.ts';
import { DTYPES, weightsPath, type Dtype, type EncoderSpec } from '../../encoders/spec.ts';
import { readSite } from '../hub/site-models.ts';
import { OpfsModelStore } from '../opfs/opfs-model-store.ts';

/** Files of one encoder: from this machine's store, else from this site. */
export interface ModelFiles {
  /** Stands in for `fetch` for addresses below `/models/<path>/`. */
  fetch(address: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** The first of these number types whose weights are here. Throws `encoder-missing` when none is. */
  dtype(wanted: readonly Dtype[]): Dtype;
}

/** Throws `encoder-missing` when neither this machine nor this site has the files. Asks nobody else. */
export async function openModelFiles(spec: EncoderSpec, store = new OpfsModelStore()): Promise<ModelFiles> {
  const key = spec.hub && { repository: spec.hub.repository, revision: spec.hub.revision };
  const stored = key && (await store.get(key));
  const paths = new Set(stored?.files.filter((f) => f.isVerified).map((f) => f.path));
  const isStored = key !== null && hasWeights(spec, paths);
  const served = isStored ? paths : new Set(await sitePaths(spec));
  if (!served.has('config.json') || !hasWeights(spec, served)) throw new WinnowError('encoder-missing', spec.name);
  return {
    dtype(wanted) {
      const found = wanted.find((d) => served.has(weightsPath(d, spec.modelFile)));
      if (!found) throw new WinnowError('encoder-missing', `${spec.name} is not here as ${wanted.join(' or ')}`);
      return found;
    },
    async fetch(address, init) {
      const url = address instanceof Request ? address.url : String(address);
      const path = pathIn(url, spec.path);
      if (path === null) return fetch(address, init);
      // What is not listed is not there: asking for it would only fill the console with errors.
      if (!served.has(path)) return new Response(null, { status: 404 });
      if (!isStored) return fetch(address, init);
      const file = await store.file(key, path);
      if (!file) return new Response(null, { status: 404 });
      const type = path.endsWith('.json') ? 'application/json' : 'application/octet-stream';
      return new Response(file, { headers: { 'Content-Type': type, 'Content-Length': String(file.size) } });
    },
  };
}

function hasWeights(spec: EncoderSpec, paths: ReadonlySet<string>): boolean {
  return paths.has('config.json') && DTYPES.some((d) => paths.has(weightsPath(d, spec.modelFile)));
}

async function sitePaths(spec: EncoderSpec): Promise<string[]> {
  const site = await readSite();
  return Object.keys(site.find((m) => m.path === spec.path)?.files ?? {});
}

/** Path of a file in a model's folder; null for other addresses. */
function pathIn(url: string, folder: string): string | null {
  const start = `/models/${folder}/`;
  const path = decodeURIComponent(new URL(url, self.location.origin).pathname);
  return path.startsWith(start) ? path.slice(start.length) : null;
}
