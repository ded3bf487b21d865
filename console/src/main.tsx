/** The console's entry. */
import './styles/base.css';
import './styles/parts.css';
import './styles/lists.css';
import './styles/shell.css';
import './styles/views.css';
import { render } from 'preact';
import { App } from './shell/app.tsx';
import { applyTheme } from './shell/theme.ts';

applyTheme();
render(<App />, document.getElementById('app') as HTMLElement);
