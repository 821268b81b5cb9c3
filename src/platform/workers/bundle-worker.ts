import { expose } from 'comlink';
import type { ProjectId } from '../../domain/ids.ts';
import { readBundle, writeBundle } from '../files/bundle.ts';
import { IdbStorage } from '../idb/idb-storage.ts';
import './comlink-errors.ts';

type Progress = (done: number, total: number) => void;

/** Packing and unpacking of projects, with a database connection of its own. */
const service = {
  async write(project: ProjectId, withOriginals: boolean, onProgress: Progress): Promise<Blob> {
    const storage = await IdbStorage.open();
    try {
      return await writeBundle(storage, project, withOriginals, onProgress);
    } finally {
      storage.close();
    }
  },
  async read(file: Blob, newId: string, now: number, onProgress: Progress): Promise<ProjectId> {
    const storage = await IdbStorage.open();
    try {
      return await readBundle(storage, file, newId, now, onProgress);
    } finally {
      storage.close();
    }
  },
};
export type BundleService = typeof service;

expose(service);
