import { expose } from 'comlink';
import { BrowserMediaReader } from '../files/media-reader.ts';
import './comlink-errors.ts';
import { reportRequests } from './report-requests.ts';

reportRequests();
expose(new BrowserMediaReader());
