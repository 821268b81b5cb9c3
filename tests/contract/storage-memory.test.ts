import { MemoryStorage } from '../fakes/memory-storage.ts';
import { storageContract } from './storage-contract.ts';

let memory = new MemoryStorage();
storageContract(
  'memory',
  () => Promise.resolve(memory),
  () => {
    memory = new MemoryStorage();
    return Promise.resolve();
  },
);
