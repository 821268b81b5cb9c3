import { beforeEach, describe, expect, it } from 'vitest';
import { projectId, type ProjectId } from '../../src/domain/ids.ts';
import type { ProjectLocks } from '../../src/loop/app-ports.ts';
import { sweepProjects } from '../../src/loop/sweep-projects.ts';
import { itemAt, storeProject } from '../fixtures/bundle-project.ts';
import { MemoryStorage } from '../fakes/memory-storage.ts';

const KEPT = projectId('kept');
const CUT = projectId('cut');
const clock = { now: () => 77 };

/** Locks of one machine; `others` are held by another tab. */
class FakeLocks implements ProjectLocks {
  readonly held = new Set<ProjectId>();
  readonly others = new Set<ProjectId>();
  acquire(project: ProjectId): Promise<boolean> {
    if (this.others.has(project)) return Promise.resolve(false);
    this.held.add(project);
    return Promise.resolve(true);
  }
  release(project: ProjectId): void {
    this.held.delete(project);
  }
}

describe('what an interrupted opening leaves behind', () => {
  let storage: MemoryStorage;
  let locks: FakeLocks;
  beforeEach(async () => {
    storage = new MemoryStorage();
    locks = new FakeLocks();
    await storeProject(storage, KEPT, 'text');
    const added = [{ item: itemAt(0, 'text'), text: 'Text 0', thumb: null, original: null }];
    await storage.items.commit(CUT, { added, changed: [], rejected: [], seen: [], journal: null });
  });

  it('is removed; a listed project is not touched', async () => {
    const before = await storage.events.read(KEPT);
    await sweepProjects(storage, locks, clock);
    expect(await storage.items.all(CUT)).toEqual([]);
    expect(await storage.projects.unlisted()).toEqual([]);
    expect(await storage.events.read(KEPT)).toEqual(before);
    expect(locks.held.size).toBe(0);
  });

  it('stays while another tab is still at it', async () => {
    locks.others.add(CUT);
    await sweepProjects(storage, locks, clock);
    expect(await storage.items.all(CUT)).toHaveLength(1);
  });

  it('is listed again when its log is there: labels are never removed', async () => {
    await storage.events.append(CUT, await storage.events.read(KEPT));
    await sweepProjects(storage, locks, clock);
    expect(await storage.projects.get(CUT)).toMatchObject({ name: 'Zählung / 2', openedAt: 77, itemCount: 1 });
    expect(await storage.events.read(CUT)).toEqual(await storage.events.read(KEPT));
  });

  it('stays when its log can’t be read', async () => {
    const [, ...rest] = await storage.events.read(KEPT);
    await storage.events.append(CUT, rest);
    await sweepProjects(storage, locks, clock);
    expect(await storage.events.read(CUT)).toEqual(rest);
    expect(await storage.projects.get(CUT)).toBeNull();
  });
});
