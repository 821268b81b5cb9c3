import { createContext } from 'svelte';
import type { AppState } from './app.svelte.ts';

/** The one app state, handed down by App.svelte. */
export const [getApp, setApp] = createContext<AppState>();
