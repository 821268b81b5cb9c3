/** The hub that encoders come from; `WINNOW_HUB` names another one, such as a mirror. */
export const HUB = (process.env['WINNOW_HUB'] ?? 'https://huggingface.co').replace(/\/+$/, '');

/**
 * Hosts that the hub sends a download on to, as content-policy sources. The list is that of "Downloading behind a proxy
 * or firewall" in the hub's documentation: large files lie on `*.hf.co` (`*.aws.cdn.hf.co`, `*.xethub.hf.co`), older ones
 * on `cdn-lfs*.huggingface.co`. `WINNOW_HUB_HOSTS` names others, separated by spaces.
 */
export const HUB_HOSTS = (process.env['WINNOW_HUB_HOSTS'] ?? 'https://*.huggingface.co https://*.hf.co')
  .split(/\s+/)
  .filter(Boolean);
