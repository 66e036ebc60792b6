/** What every document says of the server. */
export const INFO = { title: 'Kubernetes', version: '1.36' };

export const BEARER_TOKEN = { type: 'apiKey', description: 'Bearer Token authentication', name: 'authorization', in: 'header' };
