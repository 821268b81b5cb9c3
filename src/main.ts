import { mount } from 'svelte';
import App from './App.svelte';
import { compose } from './compose.ts';
import { AppState } from './state/app.svelte.ts';
import './ui/styles/tokens.css';
import './ui/styles/base.css';

const target = document.getElementById('app');
if (!target) throw new Error('The page has no #app element.');
// Tasks of their own: together, reading the code and showing the page would take longer than a frame should.
await new Promise((resolve) => setTimeout(resolve));
const app = new AppState(compose());
await new Promise((resolve) => setTimeout(resolve));
mount(App, { target, props: { app } });
app.start().catch((error: unknown) => app.notices.fail(error));
