import type { UserInfo as ReviewedUser } from '../../api/types/authentication-v1.js';
import type { UserInfo } from '../../api/user.js';

/** A user as reviews show it; nothing of what is not known. */
export function userStatus({ name, uid, groups, extra }: UserInfo): ReviewedUser {
  const extras = Object.entries(extra ?? {}).map(([key, values]): [string, string[]] => [key, [...values]]);
  return {
    ...(name ? { username: name } : {}),
    ...(uid ? { uid } : {}),
    ...(groups.length > 0 ? { groups: [...groups] } : {}),
    ...(extras.length > 0 ? { extra: Object.fromEntries(extras) } : {}),
  };
}
