/* curl-before.c: some URLs at once, with libcurl; curl-after.c does the same with libmsa
 *
 *   curl-before URL…
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

static size_t
write_cb (char *data,
          size_t size,
          size_t n,
          void *user_data)
{
  size_t *n_bytes = user_data;

  *n_bytes += size * n;
  return size * n;
}

static void
add (CURLM *multi,
     const char *url)
{
  CURL *easy = curl_easy_init ();
  size_t *n_bytes = calloc (1, sizeof (size_t));

  curl_easy_setopt (easy, CURLOPT_URL, url);
  curl_easy_setopt (easy, CURLOPT_USERAGENT, "example/1.0");
  curl_easy_setopt (easy, CURLOPT_TIMEOUT_MS, 60000L);
  curl_easy_setopt (easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt (easy, CURLOPT_WRITEFUNCTION, write_cb);
  curl_easy_setopt (easy, CURLOPT_WRITEDATA, n_bytes);
  curl_easy_setopt (easy, CURLOPT_PRIVATE, n_bytes);
  curl_multi_add_handle (multi, easy);
}

static void
tell (CURLM *multi,
      CURL *easy,
      CURLcode result)
{
  size_t *n_bytes;
  char *url;
  long status;

  curl_easy_getinfo (easy, CURLINFO_PRIVATE, &n_bytes);
  curl_easy_getinfo (easy, CURLINFO_EFFECTIVE_URL, &url);
  curl_easy_getinfo (easy, CURLINFO_RESPONSE_CODE, &status);
  if (result == CURLE_OK)
    printf ("%s: %ld, %zu bytes\n", url, status, *n_bytes);
  else
    printf ("%s: failed\n", url);

  curl_multi_remove_handle (multi, easy);
  curl_easy_cleanup (easy);
  free (n_bytes);
}

int
main (int argc,
      char **argv)
{
  CURLM *multi;
  CURLMsg *message;
  int n_running, n_left;

  curl_global_init (CURL_GLOBAL_DEFAULT);
  multi = curl_multi_init ();
  curl_multi_setopt (multi, CURLMOPT_MAX_HOST_CONNECTIONS, 6L);
  for (int i = 1; i < argc; i++)
    add (multi, argv[i]);

  do
    {
      curl_multi_perform (multi, &n_running);
      while ((message = curl_multi_info_read (multi, &n_left)) != NULL)
        if (message->msg == CURLMSG_DONE)
          tell (multi, message->easy_handle, message->data.result);
      if (n_running > 0)
        curl_multi_poll (multi, NULL, 0, 1000, NULL);
    }
  while (n_running > 0);

  curl_multi_cleanup (multi);
  curl_global_cleanup ();
  return 0;
}
