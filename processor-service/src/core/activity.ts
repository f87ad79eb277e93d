/** Activities that show a person at work elsewhere. */
export const ACTIVITIES = ['site_session', 'add_to_cart', 'purchase'] as const;
