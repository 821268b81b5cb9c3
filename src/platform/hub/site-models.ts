import * as v from 'valibot';
import { WinnowError } from '../../domain/errors.ts';
import { encoders } from '../../encoders/index.ts';
import type { EncoderSpec } from '../../encoders/spec.ts';
import type { SiteModel } from '../../loop/app-ports.ts';
import { checkModel } from '../../loop/check-model.ts';
import { sha256 } from '../../loop/sha256.ts';

const shape = v.array(
  v.object({
    path: v.string(),
    files: v.record(v.string(), v.number()),
    digests: v.optional(v.record(v.string(), v.string()), {}),
  }),
);

/** What the site's own list says; none where there is no list, or no network to ask for it. */
export async function readSite(): Promise<readonly SiteModel[]> {
  const answer = await fetch('/models/index.json').catch(() => null);
  if (!answer?.ok || !(answer.headers.get('content-type') ?? '').includes('json')) return [];
  const result = v.safeParse(shape, await answer.json());
  return result.success ? result.output : [];
}

/** Encoders that whoever runs this site has added to those of the app; what can't be one is left out. */
export async function siteEncoders(models: readonly SiteModel[]): Promise<EncoderSpec[]> {
  const known = new Set(encoders.map((e) => e.path));
  const found = await Promise.all(models.filter((m) => !known.has(m.path)).map(describe));
  return found.filter((spec) => spec !== null);
}

async function describe({ path, files, digests }: SiteModel): Promise<EncoderSpec | null> {
  const listed = Object.entries(files).map(([name, sizeBytes]) => ({ path: name, sizeBytes }));
  try {
    const spec = await checkModel(
      { files: listed, text: async (name) => (await fetch(`/models/${path}/${name}`)).text() },
      {
        id: `site:${path}@${await printOf(files, digests)}`,
        name: path,
        repository: path,
        revision: '',
        modality: 'tokenizer.json' in files ? 'text' : 'image',
        licence: '',
        advice: 'Added by those who run this site.',
      },
    );
    const { webgpu, ...others } = spec.dtypes;
    // Without the list of its weights this says that there are none for the graphics card.
    const isThere = spec.hub?.weights[webgpu] !== undefined;
    return { ...spec, dtypes: { ...others, webgpu: isThere ? webgpu : 'q8' }, hub: null };
  } catch (error) {
    // It can't be an encoder, or its settings can't be fetched now; others can.
    if (error instanceof WinnowError || error instanceof TypeError) return null;
    throw error;
  }
}

/**
 * Other files are another encoder: their embeddings must not mix. Digests where the site's list has them; in lists of older
 * builds there are sizes only.
 */
async function printOf(files: SiteModel['files'], digests: SiteModel['digests'] = {}): Promise<string> {
  const facts = Object.keys(digests).length > 0 ? digests : files;
  return (await sha256(new TextEncoder().encode(JSON.stringify(Object.entries(facts).sort())))).slice(0, 12);
}
