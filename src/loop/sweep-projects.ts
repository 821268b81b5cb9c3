import { WinnowError } from '../domain/errors.ts';
import { ProjectFold } from '../domain/fold.ts';
import { countLabels } from '../domain/project-state.ts';
import type { ProjectId } from '../domain/ids.ts';
import type { ProjectLocks } from './app-ports.ts';
import type { Clock } from './ports.ts';
import type { Storage } from './storage-ports.ts';

/**
 * Deals with projects that have something stored but are not listed. One without a log is what is left of a project file
 * whose opening was cut off (its log is stored last): it is removed. One with a log is whole and is listed again. Projects
 * that another tab is working on are left alone.
 */
export async function sweepProjects(storage: Storage, locks: ProjectLocks, clock: Clock): Promise<void> {
  for (const id of await storage.projects.unlisted()) {
    if (!(await locks.acquire(id, false, () => undefined))) continue;
    try {
      // Until the lock was given, another tab may have finished.
      if ((await storage.projects.get(id)) === null) await sweep(storage, id, clock);
    } finally {
      locks.release(id);
    }
  }
}

async function sweep(storage: Storage, id: ProjectId, clock: Clock): Promise<void> {
  let events;
  try {
    events = await storage.events.read(id);
  } catch (error) {
    // A log that can't be read is somebody's work all the same: it stays where it is.
    if (error instanceof WinnowError && error.code === 'unexpected') return;
    throw error;
  }
  if (events.length === 0) {
    await storage.projects.remove(id);
    return;
  }
  if (!events.some((event) => event.kind === 'project-created')) return;
  const state = ProjectFold.of(events).state();
  const items = await storage.items.all(id);
  await storage.projects.put({
    id,
    name: state.name,
    modality: state.modality,
    createdAt: state.createdAt,
    openedAt: clock.now(),
    itemCount: items.length,
    ...countLabels(state),
  });
}
