/* msa-life-points.c: the callbacks and signals a call can be made from, and what brings them about
 *
 * Those of the driver are in msa-life-driver.c, the completion of a transfer in msa-life-stage.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "life/msa-life.h"

#include "msa-easy-options.h"

static const char *const names[] = {
  "outside",
  "socket",
  "timer",
  "socket-destroy",
  "timer-destroy",
  "address",
  "address-destroy",
  "open",
  "open-destroy",
  "write",
  "write-destroy",
  "body-destroy",
  "last-body-destroy",
  "headers",
  "informational",
  "data",
  "progress",
  "trace",
  "completed",
  "multi-completed",
  "notify",
  "multi-notify",
  "items-changed",
  "foreach",
  "run-async",
  "fetch-async",
  "close-async",
  "accept-certificate",
  "key-password",
};

const char *
msa_life_point_get_name (MsaLifePoint point)
{
  return names[point];
}

gboolean
msa_life_has_point (MsaLifeDriver driver,
                    MsaLifePoint point)
{
  switch ((int) point)
    {
    case MSA_LIFE_POINT_SOCKET:
    case MSA_LIFE_POINT_TIMER:
    case MSA_LIFE_POINT_SOCKET_DESTROY:
    case MSA_LIFE_POINT_TIMER_DESTROY:
      return driver == MSA_LIFE_CALLBACKS;
    default:
      return TRUE;
    }
}

/* Callbacks */

static MsaWriteResult
write_cb (MsaEasy *easy,
          const guint8 *data,
          gsize len,
          gpointer user_data)
{
  msa_life_at_point (user_data, MSA_LIFE_POINT_WRITE);

  return MSA_WRITE_CONTINUE;
}

static void
write_destroy_cb (gpointer data)
{
  msa_life_at_point (data, MSA_LIFE_POINT_WRITE_DESTROY);
}

static void
body_destroy_cb (gpointer data)
{
  msa_life_at_point (data, MSA_LIFE_POINT_BODY_DESTROY);
}

static void
last_body_destroy_cb (gpointer data)
{
  msa_life_at_point (data, MSA_LIFE_POINT_LAST_BODY_DESTROY);
}

static gboolean
address_cb (MsaMulti *multi,
            MsaEasy *easy,
            GSocketAddress *address,
            gpointer user_data)
{
  msa_life_at_point (user_data, MSA_LIFE_POINT_ADDRESS);

  return TRUE;
}

static void
address_destroy_cb (gpointer data)
{
  msa_life_at_point (data, MSA_LIFE_POINT_ADDRESS_DESTROY);
}

static GSocket *
open_cb (MsaMulti *multi,
         MsaEasy *easy,
         GSocketAddress *address,
         gpointer user_data)
{
  msa_life_at_point (user_data, MSA_LIFE_POINT_OPEN);

  return NULL;
}

static void
open_destroy_cb (gpointer data)
{
  msa_life_at_point (data, MSA_LIFE_POINT_OPEN_DESTROY);
}

static void
headers_cb (MsaEasy *easy,
            gpointer data)
{
  msa_life_at_point (data, MSA_LIFE_POINT_HEADERS);
}

static void
informational_cb (MsaEasy *easy,
                  guint status,
                  MsaHeaders *headers,
                  gpointer data)
{
  msa_life_at_point (data, MSA_LIFE_POINT_INFORMATIONAL);
}

static void
data_cb (MsaEasy *easy,
         GBytes *bytes,
         gpointer data)
{
  msa_life_at_point (data, MSA_LIFE_POINT_DATA);
}

static void
progress_cb (MsaEasy *easy,
             gpointer data)
{
  msa_life_at_point (data, MSA_LIFE_POINT_PROGRESS);
}

static void
trace_cb (MsaEasy *easy,
          const char *topic,
          const char *message,
          gpointer data)
{
  msa_life_at_point (data, MSA_LIFE_POINT_TRACE);
}

static void
multi_completed_cb (MsaMulti *multi,
                    MsaEasy *easy,
                    const GError *error,
                    gpointer data)
{
  if (easy == ((MsaLife *) data)->own)
    msa_life_at_point (data, MSA_LIFE_POINT_MULTI_COMPLETED);
}

static void
notify_cb (GObject *object,
           GParamSpec *pspec,
           gpointer data)
{
  msa_life_at_point (data, MSA_LIFE_POINT_NOTIFY);
}

static void
multi_notify_cb (GObject *object,
                 GParamSpec *pspec,
                 gpointer data)
{
  msa_life_at_point (data, MSA_LIFE_POINT_MULTI_NOTIFY);
}

static void
items_cb (GListModel *list,
          guint position,
          guint n_removed,
          guint n_added,
          gpointer data)
{
  msa_life_at_point (data, MSA_LIFE_POINT_ITEMS);
}

static void
foreach_cb (const char *name,
            const char *value,
            gpointer data)
{
  msa_life_at_point (data, MSA_LIFE_POINT_FOREACH);
}

static void
ready (MsaLife *self,
       GAsyncResult *result,
       MsaLifePoint point)
{
  self->n_answered++;
  self->result = result;
  msa_life_at_point (self, point);
  self->result = self->old;
}

static void
run_cb (GObject *source,
        GAsyncResult *result,
        gpointer data)
{
  ready (data, result, MSA_LIFE_POINT_RUN);
}

static void
fetch_cb (GObject *source,
          GAsyncResult *result,
          gpointer data)
{
  ready (data, result, MSA_LIFE_POINT_FETCH);
}

static void
close_cb (GObject *source,
          GAsyncResult *result,
          gpointer data)
{
  ready (data, result, MSA_LIFE_POINT_CLOSE);
}

static gboolean
certificate_cb (MsaEasy *easy,
                MsaCertificateRequest *request,
                gpointer data)
{
  MsaLife *self = data;

  g_set_object (&self->certificate_request, request);
  msa_life_at_point (self, MSA_LIFE_POINT_CERTIFICATE);
  msa_certificate_request_accept (request);

  return TRUE;
}

static gboolean
password_cb (MsaEasy *easy,
             MsaPasswordRequest *request,
             gpointer data)
{
  MsaLife *self = data;

  g_set_object (&self->password_request, request);
  msa_life_at_point (self, MSA_LIFE_POINT_PASSWORD);
  msa_password_request_answer (request, MSA_LIFE_PASSWORD);

  return TRUE;
}

/* What brings them about */

static void
start_tls (MsaLife *self)
{
  const gboolean asks_client = self->point == MSA_LIFE_POINT_PASSWORD;
  g_autoptr (MsaTlsConfig) config = NULL;

  if (asks_client)
    config = g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "/ca.pem", "certificate-file",
                           "/cert.pem", "key-file", "/locked.pem", NULL);
  else
    config = msa_tls_config_new_for_ca_file ("/ca.pem");
  self->https = msa_life_serve_tls (self->sim, asks_client);
  msa_easy_set_uri (self->own, "https://example.org/");
  msa_easy_set_tls_config (self->own, config);
  g_signal_connect (self->own, "accept-certificate", G_CALLBACK (certificate_cb), self);
  g_signal_connect (self->own, "key-password", G_CALLBACK (password_cb), self);
}

/* Leaves a run behind that has the last reference to its body. */
static void
run_before (MsaLife *self)
{
  g_autoptr (GBytes) body = g_bytes_new_with_free_func ("a body", 6, last_body_destroy_cb, self);

  msa_easy_set_body (self->own, NULL, body);
  msa_life_add (self, self->own);
  msa_life_run (self, msa_life_is_own_done, 10 * G_USEC_PER_SEC);
  g_assert_true (msa_life_is_own_done (self));
  msa_easy_set_body (self->own, NULL, NULL);
}

/* What is called from inside the call may remove it again, add it itself, or let go of it. */
static void
add_loosely (MsaLife *self)
{
  g_autoptr (MsaEasy) own = g_object_ref (self->own);

  msa_life_added (self, own);
  if (!msa_multi_add (self->multi, own, NULL))
    msa_life_get_record (own)->n_added--;
}

/* What has to be done for some points, outside of callbacks, once the own transfer waits. */
static void
meddle (MsaLife *self)
{
  const MsaEasyState waits = self->https != NULL ? MSA_EASY_CONNECTING : MSA_EASY_WAITING;

  if (self->multi == NULL || self->own == NULL ||
      msa_easy_get_state (self->own) < waits)
    return;

  self->between = NULL;
  switch ((int) self->point)
    {
    case MSA_LIFE_POINT_SOCKET_DESTROY:
      msa_multi_set_socket_func (self->multi, msa_life_socket_cb, self, NULL);
      break;
    case MSA_LIFE_POINT_TIMER_DESTROY:
      msa_multi_set_timer_func (self->multi, msa_life_timer_cb, self, NULL);
      break;
    case MSA_LIFE_POINT_ADDRESS_DESTROY:
      msa_multi_set_address_func (self->multi, NULL, NULL, NULL);
      break;
    case MSA_LIFE_POINT_OPEN_DESTROY:
      msa_multi_set_open_func (self->multi, NULL, NULL, NULL);
      break;
    case MSA_LIFE_POINT_WRITE_DESTROY:
      msa_easy_set_write_func (self->own, NULL, NULL, NULL);
      break;
    case MSA_LIFE_POINT_FOREACH:
      msa_headers_append (msa_easy_get_request_headers (self->own), "X-Field", "value", NULL);
      msa_headers_foreach (msa_easy_get_request_headers (self->own), foreach_cb, self);
      break;
    case MSA_LIFE_POINT_FETCH:
      self->n_awaited++;
      msa_multi_fetch_async (self->multi, "http://plain.org/", NULL, fetch_cb, self);
      break;
    case MSA_LIFE_POINT_CLOSE:
      self->n_awaited++;
      msa_multi_close_async (self->multi, NULL, close_cb, self);
      break;
    default:
      break;
    }
}

void
msa_life_start_own (MsaLife *self)
{
  const MsaLifePoint point = self->point;
  g_autoptr (GBytes) body = NULL;

  self->between = meddle;
  self->own = msa_life_make_easy (self, "http://example.org/");
  g_signal_connect (self->own, "headers", G_CALLBACK (headers_cb), self);
  g_signal_connect (self->own, "informational", G_CALLBACK (informational_cb), self);
  g_signal_connect (self->own, "notify", G_CALLBACK (notify_cb), self);
  if (point == MSA_LIFE_POINT_DATA)
    g_signal_connect (self->own, "data", G_CALLBACK (data_cb), self);
  if (point == MSA_LIFE_POINT_PROGRESS)
    g_signal_connect (self->own, "progress", G_CALLBACK (progress_cb), self);
  if (point == MSA_LIFE_POINT_TRACE)
    g_signal_connect (self->own, "trace", G_CALLBACK (trace_cb), self);
  if (point == MSA_LIFE_POINT_WRITE || point == MSA_LIFE_POINT_WRITE_DESTROY)
    msa_easy_set_write_func (self->own, write_cb, self, write_destroy_cb);
  if (point == MSA_LIFE_POINT_ADDRESS || point == MSA_LIFE_POINT_ADDRESS_DESTROY)
    msa_multi_set_address_func (self->multi, address_cb, self, address_destroy_cb);
  if (point == MSA_LIFE_POINT_OPEN || point == MSA_LIFE_POINT_OPEN_DESTROY)
    msa_multi_set_open_func (self->multi, open_cb, self, open_destroy_cb);
  if (point == MSA_LIFE_POINT_CERTIFICATE || point == MSA_LIFE_POINT_PASSWORD)
    start_tls (self);

  if (point == MSA_LIFE_POINT_ITEMS)
    g_signal_connect (msa_multi_get_transfers (self->multi), "items-changed", G_CALLBACK (items_cb),
                      self);
  g_signal_connect (self->multi, "completed", G_CALLBACK (multi_completed_cb), self);
  g_signal_connect (self->multi, "notify", G_CALLBACK (multi_notify_cb), self);
  if (point == MSA_LIFE_POINT_BODY_DESTROY)
    {
      body = g_bytes_new_with_free_func ("a body", 6, body_destroy_cb, self);
      msa_easy_set_body (self->own, NULL, body);
      g_clear_pointer (&body, g_bytes_unref);
      msa_easy_set_body (self->own, NULL, NULL);
    }

  if (point == MSA_LIFE_POINT_LAST_BODY_DESTROY)
    run_before (self);

  /* What was called there may have come before. */
  if (self->own == NULL || self->multi == NULL)
    return;
  if (point == MSA_LIFE_POINT_RUN)
    msa_life_start (self, self->own, run_cb);
  else
    add_loosely (self);
}
