import { expose } from 'comlink';
import { BrowserMediaReader } from '../files/media-reader.ts';
import './comlink-errors.ts';

expose(new BrowserMediaReader());
