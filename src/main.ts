import { mount } from 'svelte';
import App from './App.svelte';
import { compose } from './compose.ts';
import { AppState } from './state/app.svelte.ts';
import './ui/styles/tokens.css';
import './ui/styles/base.css';

const target = document.getElementById('app');
if (!target) throw new Error('The page has no #app element.');
const app = new AppState(compose());
mount(App, { target, props: { app } });
app.start().catch((error: unknown) => app.notices.fail(error));
