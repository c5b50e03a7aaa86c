/* msa-test-calls.c: every public function of multi and easy, as a table of calls to be made in a
 * callback
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-test-calls.h"

#include "msa-easy-options.h"

/* The multi's functions */

static void
count_cb (GObject *source,
          GAsyncResult *result,
          gpointer user_data)
{
  MsaTestScene *self = user_data;
  gpointer tag = g_task_get_source_tag (G_TASK (result));

  self->n_pending--;
  if (tag == (gpointer) msa_multi_fetch_async)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) body = msa_multi_fetch_finish (MSA_MULTI (source), result, &error);

      g_assert_true ((body == NULL) == (error != NULL));
      return;
    }
  if (tag == (gpointer) msa_multi_close_async)
    msa_multi_close_finish (MSA_MULTI (source), result, NULL);
  else
    msa_multi_run_finish (MSA_MULTI (source), result, NULL);
}

static void
call_new (MsaTestScene *self)
{
  g_autoptr (MsaMulti) multi = msa_multi_new ();
  g_autoptr (MsaEasy) easy = msa_easy_new ("http://example.org/");

  g_assert_true (msa_multi_add (multi, easy, NULL));
}

static void
call_attach (MsaTestScene *self)
{
  msa_multi_attach (self->world->multi, NULL);
}

static void
call_detach (MsaTestScene *self)
{
  msa_multi_detach (self->world->multi);
}

static void
call_attach_and_back (MsaTestScene *self)
{
  msa_multi_attach (self->world->multi, NULL);
  msa_multi_detach (self->world->multi);
  msa_multi_attach (self->world->multi, msa_test_driver_get_context (self->world->driver));
}

static void
idle_socket_cb (MsaMulti *multi,
                int fd,
                MsaSocketEvents wanted,
                gboolean removed,
                gpointer user_data)
{
}

static void
idle_timer_cb (MsaMulti *multi,
               int timeout_ms,
               gpointer user_data)
{
}

static void
call_set_socket_func (MsaTestScene *self)
{
  msa_multi_set_socket_func (self->world->multi, idle_socket_cb, NULL, NULL);
}

static void
call_clear_socket_func (MsaTestScene *self)
{
  msa_multi_set_socket_func (self->world->multi, NULL, NULL, NULL);
}

static void
call_set_timer_func (MsaTestScene *self)
{
  msa_multi_set_timer_func (self->world->multi, idle_timer_cb, NULL, NULL);
}

static void
call_clear_timer_func (MsaTestScene *self)
{
  msa_multi_set_timer_func (self->world->multi, NULL, NULL, NULL);
}

static void
call_get_fd (MsaTestScene *self)
{
  g_assert_cmpint (msa_multi_get_fd (self->world->multi), >=, 0);
}

static void
call_add_new (MsaTestScene *self)
{
  msa_test_world_add (self->world, "/size/700");
}

static void
call_add_other (MsaTestScene *self)
{
  MsaTestRecord *record = msa_test_world_get_record (self->other);

  if (msa_multi_add (self->world->multi, self->other, NULL))
    record->n_added++;
}

static void
call_add_victim (MsaTestScene *self)
{
  MsaTestRecord *record = msa_test_world_get_record (self->victim);

  if (msa_multi_add (self->world->multi, self->victim, NULL))
    record->n_added++;
}

static void
call_remove_victim (MsaTestScene *self)
{
  msa_multi_remove (self->world->multi, self->victim);
}

static void
call_remove_other (MsaTestScene *self)
{
  msa_multi_remove (self->world->multi, self->other);
}

static void
call_remove_all (MsaTestScene *self)
{
  for (guint i = 0; i < self->world->records->len; i++)
    {
      MsaTestRecord *record = g_ptr_array_index (self->world->records, i);

      msa_multi_remove (self->world->multi, record->easy);
    }
}

static void
call_replace_victim (MsaTestScene *self)
{
  call_remove_victim (self);
  call_add_victim (self);
}

static void
call_keep_finished (MsaTestScene *self)
{
  gboolean keep = msa_multi_get_keep_finished (self->world->multi);

  msa_multi_set_keep_finished (self->world->multi, !keep);
}

static void
call_settings (MsaTestScene *self)
{
  MsaMulti *multi = self->world->multi;
  g_autoptr (MsaTlsConfig) tls_config = g_object_new (MSA_TYPE_TLS_CONFIG, NULL);
  g_autoptr (MsaTlsSessionStore) tls_session_store = msa_tls_session_store_new ();

  msa_multi_set_priority (multi, msa_multi_get_priority (multi) + 10);
  msa_multi_set_max_connections (multi, msa_multi_get_max_connections (multi) + 2);
  msa_multi_set_max_connections_per_host (multi,
                                          msa_multi_get_max_connections_per_host (multi) - 1);
  msa_multi_set_max_idle_connections (multi, 0);
  g_assert_cmpuint (msa_multi_get_max_idle_connections (multi), ==, 0);
  msa_multi_set_tls_config (multi, tls_config);
  g_assert_true (msa_multi_get_tls_config (multi) == tls_config);
  msa_multi_set_tls_session_store (multi, tls_session_store);
  g_assert_true (msa_multi_get_tls_session_store (multi) == tls_session_store);
}

/* What idles is too old at once. */
static void
call_ages (MsaTestScene *self)
{
  MsaMulti *multi = self->world->multi;

  msa_multi_set_max_idle_age_s (multi, msa_multi_get_max_idle_age_s (multi) + 1);
  msa_multi_set_max_connection_age_s (multi, 1);
  g_assert_cmpuint (msa_multi_get_max_connection_age_s (multi), ==, 1);
  msa_multi_set_dns_cache_timeout_s (multi, 0);
  g_assert_cmpint (msa_multi_get_dns_cache_timeout_s (multi), ==, 0);
}

/* Knows nothing, and nobody outside. */
typedef GResolver DeafResolver;
typedef GResolverClass DeafResolverClass;

static GType deaf_resolver_get_type (void);
G_DEFINE_TYPE (DeafResolver, deaf_resolver, G_TYPE_RESOLVER)

static void
deaf_resolver_class_init (DeafResolverClass *klass)
{
}

static void
deaf_resolver_init (DeafResolver *self)
{
}

/* What is being looked up is looked up anew, twice. */
static void
call_resolver (MsaTestScene *self)
{
  MsaMulti *multi = self->world->multi;
  g_autoptr (GResolver) resolver = g_object_new (deaf_resolver_get_type (), NULL);

  msa_multi_set_resolver (multi, resolver);
  g_assert_true (msa_multi_get_resolver (multi) == resolver);
  msa_multi_set_resolver (multi, NULL);
}

static void
call_getters (MsaTestScene *self)
{
  MsaMulti *multi = self->world->multi;
  guint n_running = msa_multi_get_n_running (multi);
  g_autoptr (GPtrArray) easies = msa_multi_dup_easies (multi);

  g_assert_cmpuint (msa_multi_get_n_pending (multi), <=, n_running);
  g_assert_cmpuint (msa_multi_get_n_connections (multi), <=, 3);
  g_assert_cmpint (msa_multi_get_timeout_ms (multi), >=, -1);
  g_assert_true (G_IS_LIST_MODEL (msa_multi_get_transfers (multi)));
  g_assert_cmpuint (easies->len, >=, n_running);
}

static gboolean
allow_cb (MsaMulti *multi,
          MsaEasy *easy,
          GSocketAddress *address,
          gpointer user_data)
{
  return TRUE;
}

static void
call_connect_funcs (MsaTestScene *self)
{
  msa_multi_set_open_func (self->world->multi, NULL, NULL, NULL);
  msa_multi_set_address_func (self->world->multi, allow_cb, NULL, NULL);
}

static void
call_poll_fds (MsaTestScene *self)
{
  guint n = 0;
  g_autofree GPollFD *fds = msa_multi_get_poll_fds (self->world->multi, &n);

  g_assert_true ((fds == NULL) == (n == 0));
  for (guint i = 0; i < n; i++)
    {
      if (!msa_multi_assign (self->world->multi, fds[i].fd, self))
        continue;
      g_assert_true (msa_multi_get_assigned (self->world->multi, fds[i].fd) == self);
    }
}

static void
call_wakeup (MsaTestScene *self)
{
  msa_multi_wakeup (self->world->multi);
}

static void
call_info_read (MsaTestScene *self)
{
  guint n_left = 0;

  g_assert_null (msa_multi_info_read (self->world->multi, &n_left));
  g_assert_cmpuint (n_left, ==, 0);
}

static void
call_run_async (MsaTestScene *self)
{
  MsaEasy *easy = msa_test_world_make (self->world, "/size/50");

  msa_test_world_get_record (easy)->n_added++;
  self->n_pending++;
  msa_multi_run_async (self->world->multi, easy, G_PRIORITY_DEFAULT, NULL, count_cb, self);
}

static void
call_fetch_async (MsaTestScene *self)
{
  self->n_pending++;
  msa_multi_fetch_async (self->world->multi, "http://example.org/", NULL, count_cb, self);
}

static void
call_close_async (MsaTestScene *self)
{
  g_autoptr (GError) error = NULL;

  self->n_pending++;
  msa_multi_close_async (self->world->multi, NULL, count_cb, self);
  g_assert_false (msa_multi_add (self->world->multi, self->other, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_CLOSED);
}

/* The easy's functions */

static void
call_easy_run_sync (MsaTestScene *self)
{
  g_autoptr (MsaEasy) easy = msa_easy_new ("http://[/");
  g_autoptr (GError) error = NULL;

  g_assert_false (msa_easy_run_sync (easy, NULL, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_BAD_URI);
}

static void
call_easy_copy (MsaTestScene *self)
{
  g_autoptr (MsaEasy) copy = msa_easy_copy (self->victim);

  g_assert_cmpint (msa_easy_get_state (copy), ==, MSA_EASY_IDLE);
}

static void
call_easy_reset (MsaTestScene *self)
{
  msa_easy_reset (self->victim);
  msa_easy_reset (self->hanging);
}

static MsaWriteResult
take_cb (MsaEasy *easy,
         const guint8 *data,
         gsize len,
         gpointer user_data)
{
  return MSA_WRITE_CONTINUE;
}

static void
call_easy_settings (MsaTestScene *self)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("body", 4);

  msa_headers_replace (msa_easy_get_request_headers (self->victim), "X-New", "yes", NULL);
  msa_easy_set_body (self->victim, "text/plain", body);
  msa_easy_set_write_func (self->victim, NULL, NULL, NULL);
  msa_easy_set_write_func (self->hanging, take_cb, NULL, NULL);
}

/* For the next run. */
static void
call_easy_streams (MsaTestScene *self)
{
  g_autoptr (GInputStream) input = g_memory_input_stream_new_from_data ("body", 4, NULL);
  g_autoptr (GOutputStream) output = g_memory_output_stream_new_resizable ();
  g_autoptr (GFile) file = g_file_new_for_path ("nowhere");

  g_assert_nonnull (msa_easy_get_request_trailers (self->victim));
  msa_easy_set_body_file (self->victim, "text/plain", file);
  msa_easy_set_body_stream (self->victim, "text/plain", input, 4);
  msa_easy_set_output_file (self->victim, file);
  msa_easy_set_output_stream (self->victim, output);
  msa_easy_set_body (self->victim, NULL, NULL);
  msa_easy_set_write_func (self->victim, NULL, NULL, NULL);
}

static void
call_easy_properties (MsaTestScene *self)
{
  GObjectClass *klass = G_OBJECT_GET_CLASS (self->victim);
  guint n;
  g_autofree GParamSpec **specs = g_object_class_list_properties (klass, &n);

  for (guint i = 0; i < n; i++)
    {
      g_auto (GValue) value = G_VALUE_INIT;

      g_value_init (&value, specs[i]->value_type);
      g_object_get_property (G_OBJECT (self->victim), specs[i]->name, &value);
      if ((specs[i]->flags & G_PARAM_WRITABLE) != 0)
        g_object_set_property (G_OBJECT (self->victim), specs[i]->name,
                               g_param_spec_get_default_value (specs[i]));
    }
}

static void
call_easy_pause (MsaTestScene *self)
{
  msa_easy_pause (self->victim, MSA_DIRECTION_BOTH);
  msa_easy_pause (self->other, MSA_DIRECTION_BOTH);
}

static void
call_easy_resume (MsaTestScene *self)
{
  call_easy_pause (self);
  msa_easy_resume (self->victim, MSA_DIRECTION_BOTH);
  msa_easy_resume (self->other, MSA_DIRECTION_BOTH);
}

static void
read_results (MsaEasy *easy)
{
  g_autofree char *uri = msa_easy_dup_effective_uri (easy);
  g_autofree char *address = msa_easy_dup_remote_address (easy);
  g_autoptr (MsaTimings) timings = msa_easy_get_timings (easy);

  g_assert_true (uri == NULL || g_str_has_prefix (uri, "http://"));
  g_assert_true (address == NULL || g_str_has_prefix (address, "10.0.0.1"));
  g_assert_nonnull (timings);
  msa_timings_is_reused (timings);
  msa_easy_get_state (easy);
  msa_easy_get_error (easy);
  msa_easy_get_status (easy);
  msa_easy_get_reason_phrase (easy);
  msa_easy_get_response_version (easy);
  msa_easy_get_response_headers (easy);
  for (guint hop = 0; hop < 2; hop++)
    for (guint origin = MSA_HEADER_FINAL; origin <= MSA_HEADER_TRAILER; origin++)
      msa_easy_get_headers (easy, origin, hop);
  msa_easy_get_body (easy);
  msa_easy_get_content_length (easy);
  g_assert_cmpuint (msa_easy_get_bytes_received (easy), <, 100000);
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), ==, 0);
  g_assert_null (msa_easy_dup_peer_chain (easy));
  g_assert_null (msa_easy_dup_peer_certificate (easy));
  g_assert_cmpuint (msa_easy_get_peer_errors (easy), ==, G_TLS_CERTIFICATE_NO_FLAGS);
}

static void
call_easy_results (MsaTestScene *self)
{
  read_results (self->victim);
  read_results (self->other);
  read_results (self->hanging);
}

static void
call_easy_dispose (MsaTestScene *self)
{
  g_object_run_dispose (G_OBJECT (self->other));
}

static void
call_easy_dispose_victim (MsaTestScene *self)
{
  g_object_run_dispose (G_OBJECT (self->victim));
}

/* Nested drives */

static void
call_socket_action (MsaTestScene *self)
{
  MsaMulti *multi = self->world->multi;
  guint n = 0;
  g_autofree GPollFD *fds = msa_multi_get_poll_fds (multi, &n);
  guint n_running;

  for (guint i = 0; i < n; i++)
    {
      g_assert_true (msa_multi_socket_action (multi, fds[i].fd, MSA_SOCKET_IN | MSA_SOCKET_OUT,
                                              &n_running, NULL));
      g_assert_true (msa_multi_socket_action (multi, fds[i].fd, MSA_SOCKET_NONE, NULL, NULL));
      g_assert_true (msa_multi_socket_action (multi, fds[i].fd, MSA_SOCKET_ERR | MSA_SOCKET_HUP,
                                              NULL, NULL));
    }
  g_assert_true (msa_multi_socket_action (multi, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE, &n_running,
                                          NULL));
  g_assert_true (msa_multi_socket_action (multi, 9999, MSA_SOCKET_IN, NULL, NULL));
  g_assert_cmpuint (n_running, ==, msa_multi_get_n_running (multi));
}

static void
call_perform (MsaTestScene *self)
{
  guint n_running, n_ready;

  for (guint i = 0; i < 3; i++)
    {
      g_assert_true (msa_multi_poll (self->world->multi, 0, &n_ready, NULL));
      g_assert_true (msa_multi_perform (self->world->multi, &n_running, NULL));
      g_assert_cmpuint (n_running, ==, msa_multi_get_n_running (self->world->multi));
    }
}

static void
call_iteration (MsaTestScene *self)
{
  for (guint i = 0; i < 3; i++)
    g_main_context_iteration (msa_test_driver_get_context (self->world->driver), FALSE);
}

static void
call_turn (MsaTestScene *self)
{
  for (guint i = 0; i < 3; i++)
    msa_test_driver_turn (self->world->driver);
}

/* Something happens in the network meanwhile. */
static void
call_turn_later (MsaTestScene *self)
{
  for (guint i = 0; i < 3; i++)
    {
      msa_sim_advance_by (self->world->sim, 1000);
      msa_test_driver_turn (self->world->driver);
    }
}

static gboolean
is_other_over (gpointer data)
{
  return msa_easy_get_state (((MsaTestScene *) data)->other) == MSA_EASY_DONE;
}

static void
call_modal_loop (MsaTestScene *self)
{
  g_assert_true (msa_test_world_run_until (self->world, is_other_over, self));
}

const MsaTestCall msa_test_calls[] = {
  { "new", " msa_multi_new msa_easy_new ", call_new, FALSE },
  { "attach", " msa_multi_attach ", call_attach, FALSE },
  { "detach", " msa_multi_detach ", call_detach, FALSE },
  { "attach-and-back", " msa_multi_attach ", call_attach_and_back, FALSE },
  { "set-socket-func", " msa_multi_set_socket_func ", call_set_socket_func, FALSE },
  { "clear-socket-func", " msa_multi_set_socket_func ", call_clear_socket_func, FALSE },
  { "set-timer-func", " msa_multi_set_timer_func ", call_set_timer_func, FALSE },
  { "clear-timer-func", " msa_multi_set_timer_func ", call_clear_timer_func, FALSE },
  { "get-fd", " msa_multi_get_fd ", call_get_fd, FALSE },
  { "add-new", " msa_multi_add ", call_add_new, FALSE },
  { "add-other", " msa_multi_add ", call_add_other, FALSE },
  { "add-itself", " msa_multi_add ", call_add_victim, FALSE },
  { "remove-itself", " msa_multi_remove ", call_remove_victim, TRUE },
  { "remove-other", " msa_multi_remove ", call_remove_other, TRUE },
  { "remove-all", " msa_multi_remove ", call_remove_all, TRUE },
  { "replace-itself", " msa_multi_remove msa_multi_add ", call_replace_victim, TRUE },
  { "keep-finished", " msa_multi_get_keep_finished msa_multi_set_keep_finished ",
    call_keep_finished, FALSE },
  { "settings",
    " msa_multi_get_priority msa_multi_set_priority"
    " msa_multi_get_max_connections msa_multi_set_max_connections"
    " msa_multi_get_max_connections_per_host msa_multi_set_max_connections_per_host"
    " msa_multi_get_max_idle_connections msa_multi_set_max_idle_connections"
    " msa_multi_get_tls_config msa_multi_set_tls_config"
    " msa_multi_get_tls_session_store msa_multi_set_tls_session_store ",
    call_settings, FALSE },
  { "ages",
    " msa_multi_get_max_idle_age_s msa_multi_set_max_idle_age_s"
    " msa_multi_get_max_connection_age_s msa_multi_set_max_connection_age_s"
    " msa_multi_get_dns_cache_timeout_s msa_multi_set_dns_cache_timeout_s ",
    call_ages, FALSE },
  { "resolver", " msa_multi_get_resolver msa_multi_set_resolver ", call_resolver, FALSE },
  { "getters",
    " msa_multi_get_n_running msa_multi_get_n_pending msa_multi_get_n_connections"
    " msa_multi_get_timeout_ms msa_multi_get_transfers msa_multi_dup_easies ",
    call_getters, FALSE },
  { "connect-funcs", " msa_multi_set_address_func msa_multi_set_open_func ", call_connect_funcs,
    FALSE },
  { "poll-fds", " msa_multi_get_poll_fds msa_multi_assign msa_multi_get_assigned ", call_poll_fds,
    FALSE },
  { "wakeup", " msa_multi_wakeup ", call_wakeup, FALSE },
  { "info-read", " msa_multi_info_read ", call_info_read, FALSE },
  { "run-async", " msa_multi_run_async msa_multi_run_finish ", call_run_async, FALSE },
  { "fetch-async", " msa_multi_fetch_async msa_multi_fetch_finish ", call_fetch_async, FALSE },
  { "close-async", " msa_multi_close_async msa_multi_close_finish ", call_close_async, FALSE },
  { "easy-run-sync", " msa_easy_run_sync ", call_easy_run_sync, FALSE },
  { "easy-copy", " msa_easy_copy ", call_easy_copy, FALSE },
  { "easy-reset", " msa_easy_reset ", call_easy_reset, FALSE },
  { "easy-settings", " msa_easy_get_request_headers msa_easy_set_body msa_easy_set_write_func ",
    call_easy_settings, FALSE },
  { "easy-streams",
    " msa_easy_set_body_stream msa_easy_set_body_file msa_easy_get_request_trailers"
    " msa_easy_set_output_stream msa_easy_set_output_file ",
    call_easy_streams, FALSE },
  { "easy-properties", "", call_easy_properties, FALSE },
  { "easy-pause", " msa_easy_pause ", call_easy_pause, FALSE },
  { "easy-resume", " msa_easy_resume ", call_easy_resume, FALSE },
  { "easy-results",
    " msa_easy_get_state msa_easy_get_error msa_easy_get_status msa_easy_get_reason_phrase"
    " msa_easy_get_response_version msa_easy_get_response_headers msa_easy_get_headers"
    " msa_easy_get_body msa_easy_get_content_length msa_easy_get_bytes_received"
    " msa_easy_get_bytes_sent msa_easy_dup_effective_uri msa_easy_dup_remote_address"
    " msa_easy_get_timings msa_easy_dup_peer_chain msa_easy_dup_peer_certificate"
    " msa_easy_get_peer_errors ",
    call_easy_results, FALSE },
  { "easy-dispose", "", call_easy_dispose, TRUE },
  { "easy-dispose-itself", "", call_easy_dispose_victim, TRUE },
  { "socket-action", " msa_multi_socket_action ", call_socket_action, FALSE },
  { "perform", " msa_multi_perform msa_multi_poll ", call_perform, FALSE },
  { "iteration", "", call_iteration, FALSE },
  { "turn", "", call_turn, FALSE },
  { "turn-later", "", call_turn_later, FALSE },
  { "modal-loop", "", call_modal_loop, FALSE },
  { NULL, "", NULL, FALSE },
};
