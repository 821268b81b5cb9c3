import * as v from 'valibot';
import type { EncoderSpec } from '../../encoders/spec.ts';
import { readEncoder } from '../../formats/validate-encoder.ts';
import type { ModelKey } from '../../loop/model-ports.ts';

/** Version of the shape below. */
const VERSION = 1;
export const MANIFEST = 'manifest.json';

const shape = v.object({
  version: v.literal(VERSION),
  repository: v.string(),
  revision: v.string(),
  commit: v.string(),
  files: v.array(v.object({ path: v.string(), sizeBytes: v.number(), isVerified: v.boolean() })),
  encoder: v.unknown(),
});

/** What lies beside the files of a model and says which of them are whole. */
export interface Manifest {
  readonly key: ModelKey;
  readonly commit: string;
  readonly files: readonly { readonly path: string; readonly sizeBytes: number; readonly isVerified: boolean }[];
  readonly encoder: EncoderSpec | null;
}

/** Null when it is damaged, as after a crash while it was written: its files are then fetched again. */
export function parseManifest(text: string): Manifest | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null; // Cut off: as good as none.
  }
  const result = v.safeParse(shape, value);
  if (!result.success) return null;
  const { repository, revision, commit, files, encoder } = result.output;
  return { key: { repository, revision }, commit, files, encoder: readEncoder(encoder) };
}

export function formatManifest({ key, commit, files, encoder }: Manifest): string {
  return JSON.stringify({ version: VERSION, ...key, commit, files, encoder });
}
