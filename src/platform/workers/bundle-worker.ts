import { expose } from 'comlink';
import { IdbStorage } from '../idb/idb-storage.ts';
import { BundleService } from './bundle-service.ts';
import './comlink-errors.ts';
import { reportRequests } from './report-requests.ts';

reportRequests();
expose(new BundleService(() => IdbStorage.open()));
