import {
  DTYPES,
  filesOf,
  totalBytes,
  weightsPath,
  type Dtype,
  type EncoderSpec,
  type HubSource,
} from '../encoders/spec.ts';
import type { SiteModel } from './app-ports.ts';
import type { Precision } from './embedding-key.ts';
import type { ModelKey, StoredFile, StoredModel } from './model-ports.ts';

/** Where an encoder's files are. `partly`: a download was begun and not finished. */
export type EncoderPlace = 'built-in' | 'machine' | 'site' | 'partly' | 'hub' | 'nowhere';

/** What is known of files, and of the encoders that may share them. */
export interface Whereabouts {
  readonly stored: readonly StoredModel[];
  readonly site: readonly SiteModel[];
  readonly encoders: readonly EncoderSpec[];
}
/** Where an encoder will compute. */
export interface ComputesOn {
  readonly backend: 'webgpu' | 'wasm';
  /** The graphics card computes in half precision. */
  readonly hasHalf: boolean;
}

/** Weights that an embedding of a precision can be computed with, whatever computes it. */
const WEIGHTS: Readonly<Record<Precision, readonly Dtype[]>> = { q8: ['q8'], fp32: ['fp32', 'fp16'] };

export function keyOf(spec: EncoderSpec): ModelKey | null {
  return spec.hub && { repository: spec.hub.repository, revision: spec.hub.revision };
}

/** Where the files are that an encoder needs for embeddings of this precision. */
export function placeOf(spec: EncoderSpec, precision: Precision, at: Whereabouts): EncoderPlace {
  if (spec.runtime !== 'transformers') return 'built-in';
  const here = verified(spec, at.stored);
  if (hasAll(spec, precision, here)) return 'machine';
  // Whatever weights are on this machine, the encoder is read from there and not from the site.
  if (!hasAny(spec, here) && hasAll(spec, precision, served(spec, at.site))) return 'site';
  // A folder that was not copied to its end can't be fetched from the hub.
  if (!spec.hub || spec.id.startsWith('local:')) return 'nowhere';
  const wanted = new Set(WEIGHTS[precision].flatMap((d) => spec.hub?.weights[d] ?? []).map((f) => f.path));
  const isBegun = filesHere(spec, at.stored).some((f) => wanted.has(f.path) && f.storedBytes > 0);
  return isBegun || (!hasAny(spec, here) && storedBytes(spec, at) > 0) ? 'partly' : 'hub';
}

/** Bytes of an encoder on this machine; 0 where all that is here belongs to the other half of a pair. */
export function storedBytes(spec: EncoderSpec, at: Pick<Whereabouts, 'stored' | 'encoders'>): number {
  const files = filesHere(spec, at.stored).filter((f) => f.storedBytes > 0);
  const shared = new Set(siblings(spec, at.encoders).flatMap((s) => [...pathsOf(s)]));
  if (files.every((f) => shared.has(f.path))) return 0;
  return files.reduce((sum, f) => sum + f.storedBytes, 0);
}

/** Paths that go when an encoder is removed: what another encoder of the same repository needs stays. */
export function removable(spec: EncoderSpec, at: Pick<Whereabouts, 'stored' | 'encoders'>): readonly string[] {
  const others = siblings(spec, at.encoders).filter((s) => storedBytes(s, at) > 0);
  const needed = new Set(others.flatMap((s) => [...pathsOf(s)]));
  return [...pathsOf(spec)].filter((path) => !needed.has(path));
}

/** Stored models that no encoder uses: left by an older version of the app, or their list is damaged. */
export function leftovers(at: Pick<Whereabouts, 'stored' | 'encoders'>): readonly StoredModel[] {
  return at.stored.filter(({ key }) => !at.encoders.some((spec) => isSame(keyOf(spec), key)));
}

/** The number type to download: what computes embeddings of this precision best, of those that the hub has. */
export function dtypeToFetch(spec: EncoderSpec, precision: Precision, on: ComputesOn): Dtype {
  const { hub, dtypes } = spec;
  const isHalf = precision === 'fp32' && on.backend === 'webgpu' && on.hasHalf && dtypes.webgpu === 'fp16';
  const wanted = isHalf ? WEIGHTS.fp32.toReversed() : WEIGHTS[precision];
  return wanted.find((d) => hub?.weights[d] !== undefined) ?? dtypes.wasm;
}

/**
 * An encoder as this site serves it: where that is only in full precision, the processor computes with that, too, as nobody
 * may be able to reach the hub.
 */
export function asServed(spec: EncoderSpec, at: Pick<Whereabouts, 'stored' | 'site'>): EncoderSpec {
  const { hub, dtypes } = spec;
  if (!hub || dtypes.wasm !== 'q8' || hasAny(spec, verified(spec, at.stored))) return spec;
  const paths = served(spec, at.site);
  if (hasAll(spec, 'q8', paths)) return spec;
  const wasm = WEIGHTS.fp32.find((d) => hasDtype(hub, d, paths));
  return wasm ? { ...spec, dtypes: { ...dtypes, wasm }, sizeBytes: totalBytes(filesOf(hub, wasm)) } : spec;
}

/** Where the spec knows no list, the settings and some weights must do. */
function hasAll(spec: EncoderSpec, precision: Precision, paths: ReadonlySet<string>): boolean {
  const { hub } = spec;
  if (hub) return WEIGHTS[precision].some((d) => hasDtype(hub, d, paths));
  return paths.has('config.json') && WEIGHTS[precision].some((d) => paths.has(weightsPath(d, spec.modelFile)));
}
function hasDtype(hub: HubSource, dtype: Dtype, paths: ReadonlySet<string>): boolean {
  const files = filesOf(hub, dtype);
  return files.length > 0 && files.every((f) => paths.has(f.path));
}
function hasAny(spec: EncoderSpec, paths: ReadonlySet<string>): boolean {
  return paths.has('config.json') && DTYPES.some((d) => paths.has(weightsPath(d, spec.modelFile)));
}

function pathsOf({ hub }: EncoderSpec): ReadonlySet<string> {
  if (!hub) return new Set();
  return new Set([...hub.files, ...Object.values(hub.weights).flat()].map((f) => f.path));
}
function siblings(spec: EncoderSpec, encoders: readonly EncoderSpec[]): readonly EncoderSpec[] {
  const key = keyOf(spec);
  return key ? encoders.filter((e) => e.id !== spec.id && isSame(keyOf(e), key)) : [];
}
function filesHere(spec: EncoderSpec, stored: readonly StoredModel[]): readonly StoredFile[] {
  const paths = pathsOf(spec);
  const model = stored.find((m) => isSame(keyOf(spec), m.key));
  return model?.files.filter((f) => paths.has(f.path)) ?? [];
}
function verified(spec: EncoderSpec, stored: readonly StoredModel[]): ReadonlySet<string> {
  return new Set(filesHere(spec, stored).flatMap((f) => (f.isVerified ? [f.path] : [])));
}
function served(spec: EncoderSpec, site: readonly SiteModel[]): ReadonlySet<string> {
  return new Set(Object.keys(site.find((m) => m.path === spec.path)?.files ?? {}));
}
function isSame(a: ModelKey | null, b: ModelKey): boolean {
  return a?.repository === b.repository && a.revision === b.revision;
}
