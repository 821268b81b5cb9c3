import * as v from 'valibot';
import type { EncoderSpec } from '../../encoders/spec.ts';
import { readEncoder } from '../../formats/validate-encoder.ts';
import type { ModelKey } from '../../loop/model-ports.ts';

/** Version of the shape below. */
const VERSION = 1;
export const MANIFEST = 'manifest.json';
/** A new list until it is whole and takes the place of the old one. */
export const NEXT_MANIFEST = 'manifest.next.json';

const shape = v.object({
  version: v.literal(VERSION),
  repository: v.string(),
  revision: v.string(),
  commit: v.string(),
  files: v.array(v.object({ path: v.string(), sizeBytes: v.number(), isVerified: v.boolean() })),
  encoder: v.unknown(),
  /** Absent in lists from before a model could hold two. */
  encoders: v.optional(v.array(v.unknown())),
});

/** What lies beside the files of a model and says which of them are whole. */
export interface Manifest {
  readonly key: ModelKey;
  readonly commit: string;
  readonly files: readonly { readonly path: string; readonly sizeBytes: number; readonly isVerified: boolean }[];
  readonly encoders: readonly EncoderSpec[];
}

/** Null when it is damaged: its files are then fetched again. */
export function parseManifest(text: string): Manifest | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null; // Cut off: as good as none.
  }
  const result = v.safeParse(shape, value);
  if (!result.success) return null;
  const { repository, revision, commit, files, encoder, encoders = [encoder] } = result.output;
  const specs = encoders.flatMap((value) => readEncoder(value) ?? []);
  return { key: { repository, revision }, commit, files, encoders: specs };
}

/** `encoder` is for versions of the app that know of one only; an older tab may still be open. */
export function formatManifest({ key, commit, files, encoders }: Manifest): string {
  return JSON.stringify({ version: VERSION, ...key, commit, files, encoder: encoders[0] ?? null, encoders });
}
