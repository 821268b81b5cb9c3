import { expect, test } from 'vitest';
import { WinnowError } from '../../src/domain/errors.ts';
import type { BackendChoice, EventDraft, ProjectSettings } from '../../src/domain/events.ts';
import { projectId } from '../../src/domain/ids.ts';
import potion from '../../src/encoders/potion-base-2m.ts';
import type { EncoderSpec } from '../../src/encoders/spec.ts';
import type { EncodeInput, Encoded, EncoderInfo, RunPlan, Tuning } from '../../src/loop/encoder-ports.ts';
import { EncodingState } from '../../src/state/encoding.svelte.ts';
import { Jobs } from '../../src/state/jobs.svelte.ts';
import type { ProjectSession } from '../../src/state/project.svelte.ts';
import { MemoryStorage } from '../fakes/memory-storage.ts';
import { ReadyEncoder } from '../fakes/ready-encoder.ts';
import { GrowingLog, textItems } from '../fixtures/log.ts';

const PROJECT = projectId('p');
const COUNT = 100;
const SMALL: EncoderSpec = { ...potion, dtypes: { webgpu: 'fp32', wasm: 'q8' } };
const SPECS = ['a', 'b', 'c'].map((id): EncoderSpec => ({ ...SMALL, id, name: id.toUpperCase() }));

/** What all encoders of a project were asked; calls with a batch belong to a trial. */
class World {
  readonly opened: string[] = [];
  readonly embeddedBy: string[] = [];
  trials = 0;
  /** Awaited by each call of a trial, or of embedding. */
  onTrial: () => Promise<void> = () => Promise.resolve();
  onEmbed: () => Promise<void> = () => Promise.resolve();
}

class WorldEncoder extends ReadyEncoder {
  #spec = '';
  #isTrial = false;
  readonly #world: World;
  constructor(world: World) {
    super();
    this.#world = world;
  }
  open(spec: EncoderSpec, plan: RunPlan): Promise<EncoderInfo> {
    this.#spec = spec.id;
    this.#isTrial = false;
    this.#world.opened.push(`${spec.id} ${plan.backend} ${plan.precision}`);
    return Promise.resolve({ key: '', backend: 'wasm', dim: 1, fallback: null, threads: 1, lanes: 1 });
  }
  async embed(inputs: readonly EncodeInput[], batch?: number): Promise<Encoded> {
    if (batch !== undefined && !this.#isTrial) {
      this.#isTrial = true;
      this.#world.trials++;
    }
    if (batch !== undefined) await this.#world.onTrial();
    else if (inputs.length > 4) {
      await this.#world.onEmbed();
      this.#world.embeddedBy.push(this.#spec);
    }
    return { data: new Float32Array(inputs.length).fill(1), failed: [], truncated: [] };
  }
  stop(): void {
    // Nothing to end.
  }
}

async function project(hasCard = false) {
  const log = new GrowingLog({ encoder: 'none', backend: 'auto' });
  let version = $state(0);
  const world = new World();
  const jobs = new Jobs();
  const storage = new MemoryStorage();
  const tunings = new Map<string, Tuning>();
  const failures: unknown[] = [];
  const items = textItems(COUNT);
  const added = items.map((item) => ({ item, text: item.preview, thumb: null, original: null }));
  await storage.items.commit(PROJECT, { added, changed: [], rejected: [], seen: [], journal: null });
  const session = {
    id: PROJECT,
    modality: 'text',
    isReadOnly: false,
    items,
    storage,
    jobs,
    get state() {
      void version; // What is read from the log depends on it.
      return log.state();
    },
    encoderLibrary: {
      all: SPECS,
      byId: (id: string) => SPECS.find((s) => s.id === id),
      isReady: () => true,
      noteSpeed: () => undefined,
    },
    services: {
      newEncoder: () => new WorldEncoder(world),
      backendHere: (choice: BackendChoice) => Promise.resolve(hasCard && choice !== 'wasm' ? 'webgpu' : 'wasm'),
      tunings: {
        get: (key: string) => tunings.get(key) ?? null,
        put: (key: string, tuning: Tuning) => tunings.set(key, tuning),
      },
    },
    notices: { tellOfFallback: () => undefined, show: () => undefined },
    changeSettings: async (settings: Partial<ProjectSettings>) => {
      await Promise.resolve();
      log.add({ kind: 'settings-changed', settings } as EventDraft);
      version++;
    },
    advance: () => undefined,
    fail: (error: unknown) => {
      if (!(error instanceof Error && error.name === 'AbortError')) failures.push(error);
    },
  };
  const encoding = new EncodingState(session as unknown as ProjectSession);
  await encoding.refresh();
  const idsOf = (key: string): Promise<unknown[]> => storage.embeddings.ids(PROJECT, key);
  return { encoding, world, jobs, failures, idsOf };
}

/** A door that stays shut until it is opened; `reached` resolves when somebody stands before it. */
function door() {
  let reach: () => void = () => undefined;
  let open: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => (reach = resolve));
  const opened = new Promise<void>((resolve) => (open = resolve));
  const pass = (): Promise<void> => {
    reach();
    return opened;
  };
  return { reached, open: () => open(), pass };
}

test('a chosen encoder is tried once and embeds at once what is quick', async () => {
  const { encoding, world, idsOf } = await project();
  await encoding.select('a');
  expect(world.trials).toBe(1);
  expect(encoding.isComplete).toBe(true);
  expect(await idsOf('a@1-q8')).toHaveLength(COUNT);
});

test('a trial that is cancelled ends there', async () => {
  const { encoding, world, jobs } = await project();
  const { reached, pass } = door();
  world.onTrial = pass;
  const choosing = encoding.select('a');
  await reached;
  jobs.list[0]?.cancel();
  await choosing;
  expect(world.opened).toHaveLength(1);
  expect(encoding.embedded).toBe(0);
  expect(encoding.isRunning).toBe(false);
  world.onTrial = () => Promise.resolve();
  await encoding.run();
  expect(encoding.isComplete).toBe(true);
});

test('a project that is left during a trial embeds nothing any more', async () => {
  const { encoding, world, idsOf } = await project();
  const { reached, pass, open } = door();
  world.onTrial = pass;
  const choosing = encoding.select('a');
  await reached;
  encoding.close();
  open();
  await choosing;
  await encoding.run();
  await encoding.select('b');
  expect(world.opened).toHaveLength(1);
  expect(await idsOf('a@1-q8')).toHaveLength(0);
});

test('a trial that fails is made once, and embedding goes on without it', async () => {
  const { encoding, world, failures } = await project();
  world.onTrial = () => Promise.reject(new WinnowError('worker-died'));
  await encoding.select('a');
  expect(world.trials).toBe(1);
  expect(failures).toEqual([]);
  expect(encoding.isComplete).toBe(true);
});

test('an encoder that does not work at all is reported once', async () => {
  const { encoding, world, failures } = await project();
  world.onTrial = () => Promise.reject(new WinnowError('worker-died'));
  world.onEmbed = () => Promise.reject(new WinnowError('worker-died'));
  await encoding.select('a');
  expect(failures).toHaveLength(1);
});

test('of several choices the newest embeds, alone and once', async () => {
  const { encoding, world, idsOf } = await project();
  const { reached, pass, open } = door();
  world.onTrial = pass;
  const first = encoding.select('a');
  await reached;
  const others = [encoding.select('b'), encoding.select('c'), encoding.select('a'), encoding.select('c')];
  open();
  await Promise.all([first, ...others]);
  expect(encoding.selected.id).toBe('c');
  expect(new Set(world.embeddedBy)).toEqual(new Set(['c']));
  expect(await idsOf('c@1-q8')).toHaveLength(COUNT);
});

test('of two choices at once only the newer one is worked for, also when it is the one of before', async () => {
  const { encoding, world, idsOf } = await project();
  await Promise.all([encoding.select('a'), encoding.select('b')]);
  expect(world.trials).toBe(1);
  expect(await idsOf('b@1-q8')).toHaveLength(COUNT);
  await Promise.all([encoding.select('c'), encoding.select('b')]);
  expect(encoding.selected.id).toBe('b');
  expect(encoding.isComplete).toBe(true);
  expect(new Set(world.embeddedBy)).toEqual(new Set(['b']));
});

test('where it runs is changed while it embeds: it goes on there, with the precision and the trial of the place', async () => {
  const { encoding, world, idsOf } = await project(true);
  const { reached, pass } = door();
  world.onEmbed = pass;
  const choosing = encoding.select('a');
  await reached;
  expect(world.opened).toEqual(['a auto fp32', 'a wasm fp32']);
  world.onEmbed = () => Promise.resolve();
  await encoding.runOn('wasm');
  await choosing;
  expect(world.opened.slice(2)).toEqual(['a wasm q8', 'a wasm q8']);
  expect(world.trials).toBe(2);
  expect(encoding.precision).toBe('q8');
  expect(await idsOf('a@1-q8')).toHaveLength(COUNT);
});

test('where it runs is changed while nothing runs: nothing is begun', async () => {
  const { encoding, world } = await project();
  await encoding.runOn('wasm');
  expect(world.opened).toEqual([]);
});
