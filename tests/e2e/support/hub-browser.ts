import { CHROMIUM_ARGS, findChromium } from '../../../scripts/chromium.mjs';

const executablePath = findChromium();
/**
 * A document that a test has put in another's place counts as one from the internet, which may not reach this machine's
 * own ports. The real document is served by the site itself.
 */
export const HUB_BROWSER = {
  ...(executablePath ? { executablePath } : {}),
  args: [...CHROMIUM_ARGS, '--disable-features=LocalNetworkAccessChecks'],
};
