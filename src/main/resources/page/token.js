// Asks for a token when Sluice does; hands it to the client, and forgets what was typed.

import {$, text} from './dom.js';
import {useToken} from './client.js';

export function askForToken(refused) {
  const dialog = $('token');
  text('token-why', refused ? 'Sluice does not know this token. Check for a missing character, or ask who keeps auth.tokens-file.' : '');
  if (!dialog.open) dialog.showModal();
}

export function start() {
  const form = $('token-form');
  // Escape would leave a page that can show nothing.
  $('token').addEventListener('cancel', (event) => event.preventDefault());
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const field = form.elements.namedItem('token');
    const given = field.value.trim();
    field.value = '';
    $('token').close();
    useToken(given);
  });
}
