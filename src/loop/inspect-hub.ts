import { WinnowError } from '../domain/errors.ts';
import type { Modality } from '../domain/item.ts';
import type { EncoderSpec } from '../encoders/spec.ts';
import { checkModel } from './check-model.ts';
import type { Hub } from './model-ports.ts';

/** Settings are never larger; what is, is something else. */
const MOST_TEXT_BYTES = 2_000_000;

/** Asks the hub about a repository that the user named, at the commit that `main` is now. Throws what `checkModel` throws. */
export async function inspectHub(
  hub: Hub,
  repository: string,
  modality: Modality,
  signal: AbortSignal,
): Promise<EncoderSpec> {
  const { commit, files, licence } = await hub.list({ repository, revision: 'main' }, signal);
  const text = async (path: string): Promise<string> => {
    const { chunks } = await hub.read(repository, commit, path, 0, signal);
    const decoder = new TextDecoder();
    let out = '';
    for await (const chunk of chunks) {
      out += decoder.decode(chunk, { stream: true });
      if (out.length > MOST_TEXT_BYTES) throw new WinnowError('model-unsuitable', `${path} is not a settings file`);
    }
    return out;
  };
  const has = (path: string): boolean => files.some((f) => f.path === path);
  // One repository with two encoders, as CLIP's, gives two ids.
  const isPair = has('tokenizer.json') && has('preprocessor_config.json');
  const known = files.map(({ path, sizeBytes, sha256 }) => ({ path, sizeBytes, ...(sha256 !== null && { sha256 }) }));
  return checkModel(
    { files: known, text },
    {
      id: `hub:${repository}@${commit.slice(0, 12)}${isPair ? `-${modality}` : ''}`,
      name: repository,
      repository,
      revision: commit,
      modality,
      licence,
      advice: 'Added by you from the hub.',
    },
  );
}
