/*
 * page_assets - consumer/page/page.css and page.js, and the policy that lets these very bytes run
 * in a page and no others. The build makes the definitions: scripts/embed-page.sh.
 */
#ifndef CONSUMER_PAGE_ASSETS_H
#define CONSUMER_PAGE_ASSETS_H

extern const char PAGE_STYLE[];
extern const char PAGE_SCRIPT[];

/* The value of Content-Security-Policy, as it stands in an attribute. */
extern const char PAGE_POLICY[];

#endif
