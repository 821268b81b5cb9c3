import { expose } from 'comlink';
import { IdbStorage } from '../idb/idb-storage.ts';
import { BundleService } from './bundle-service.ts';
import './comlink-errors.ts';

expose(new BundleService(() => IdbStorage.open()));
