/* test-life-matrix.c: every public call, from inside every callback, in every state of a transfer
 *
 * The calls are listed and made by generate-life.py out of the introspection data; one that is new
 * there is called here too. The points are the callbacks and signals below. At its point each case
 * makes one call, on the transfer whose callback it is or on another one that stands in a given
 * state. Then the world runs on: no critical, each transfer delivered once or removed, each
 * asynchronous call answered, each function that was set let go of once, and a plain transfer
 * completes afterwards. ASAN looks on.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-certificate-request.h"
#include "msa-easy-options.h"
#include "msa-easy-private.h"
#include "msa-multi-private.h"
#include "msa-password-request.h"
#include "msa-version-info.h"
#include "sim/msa-test-https.h"

#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>

#define MS 1000
#define PASSWORD "open sesame"

typedef enum
{
  DRIVER_CALLBACKS,
  DRIVER_ATTACHED,
  DRIVER_PERFORM,
  DRIVER_EXPORTED,
  N_DRIVERS
} Driver;

static const char *const driver_names[] = { "callbacks", "attached", "perform", "exported" };

typedef enum
{
  POINT_OUTSIDE, /* in no callback */
  POINT_SOCKET,
  POINT_TIMER,
  POINT_SOCKET_DESTROY,
  POINT_TIMER_DESTROY,
  POINT_ADDRESS,
  POINT_ADDRESS_DESTROY,
  POINT_OPEN,
  POINT_OPEN_DESTROY,
  POINT_WRITE,
  POINT_WRITE_DESTROY,
  POINT_BODY_DESTROY,
  POINT_LAST_BODY_DESTROY, /* of the run before this one */
  POINT_HEADERS,
  POINT_INFORMATIONAL,
  POINT_DATA,
  POINT_PROGRESS,
  POINT_TRACE,
  POINT_COMPLETED,
  POINT_MULTI_COMPLETED,
  POINT_NOTIFY,
  POINT_MULTI_NOTIFY,
  POINT_ITEMS,
  POINT_FOREACH,
  POINT_RUN,
  POINT_FETCH,
  POINT_CLOSE,
  POINT_CERTIFICATE,
  POINT_PASSWORD,
  N_POINTS
} Point;

static const char *const point_names[] = {
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

typedef enum
{
  TARGET_OWN, /* the transfer whose callback it is */
  TARGET_IDLE,
  TARGET_QUEUED,
  TARGET_RESOLVING,
  TARGET_CONNECTING,
  TARGET_SENDING,
  TARGET_WAITING,
  TARGET_RECEIVING,
  TARGET_STORING,
  TARGET_DONE,
  N_TARGETS
} Target;

static const char *const target_names[] = { "own", "idle", "queued", "resolving", "connecting",
                                            "sending", "waiting", "receiving", "storing", "done" };

/* What became of one easy. */
typedef struct
{
  guint n_added;
  guint n_completed;
  guint n_removed;
  gboolean is_disposed;
} Record;

typedef struct
{
  Driver driver;
  Point point;
  gboolean is_own; /* the target is the easy whose callback it is */
  guint own_state; /* and then: at the point in this state */
  gboolean is_dry; /* nothing is called: it is only looked what can be reached */
  gboolean has_acted;
  guint seen; /* bit set of states of the own easy at the point */
  void (*call) (gpointer stage);

  MsaSim *sim; /* (owned) */
  MsaTestHttps *https; /* (owned) (nullable) */
  MsaMulti *multi; /* (owned) (nullable): a weak pointer besides */
  gboolean holds_multi;
  GMainContext *context; /* (owned) */
  GHashTable *watched; /* (owned): descriptor to events, of the callbacks driver */
  gint64 timer_us;
  int exported;
  gboolean is_driver_lost;

  MsaEasy *own; /* (owned) (nullable) */
  MsaEasy *other; /* (owned) (nullable) */
  MsaEasy *holder; /* (owned) (nullable) */
  GPtrArray *records; /* (owned) (element-type Record) */
  guint n_awaited; /* asynchronous calls */
  guint n_answered;
  guint n_to_destroy;
  guint n_destroyed;
  gboolean has_meddled;

  /* What calls are made with. */
  MsaEasy *target; /* (unowned): while a call is made */
  MsaTimings *timings; /* (unowned) (nullable): the same */
  GAsyncResult *result; /* (unowned) (nullable): in the callback it is for, or an old one */
  GAsyncResult *old; /* (owned) (nullable) */
  MsaCertificateRequest *certificate_request; /* (owned) (nullable) */
  MsaPasswordRequest *password_request; /* (owned) (nullable) */
  MsaTlsConfig *tls_config;
  MsaTlsSessionStore *store;
  GCancellable *cancellable;
  GFile *file;
  GInputStream *input;
  GOutputStream *output;
  GResolver *resolver;
  GBytes *bytes;
  int fd;
} Stage;

typedef struct
{
  const char *name;
  gboolean is_quiet; /* changes nothing that runs: all such are called at once */
  void (*call) (Stage *s);
} Call;

static MsaTestPki *root;
static MsaTestPki *client_root;
static MsaTestCert *other_cert;
static MsaTestCert *client_cert;
static gnutls_datum_t ticket_key;
static char *folder;

/* Locked by PASSWORD, in one round, where GnuTLS makes so many that each case would take half a
 * second. It is not the certificate's: none of these transfers is to come that far. */
static const char locked_key[] =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIGaMFYGCSqGSIb3DQEFDTBJMCgGCSqGSIb3DQEFDDAbBAgHm1On4t3dEAIBATAM\n"
    "BggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBAgQQ0gbGp/7XarIfHjaFumvDdARAecoP\n"
    "VT1PV3BYdAFTyHU9Lqo4OjZQODbrGDpxlKinKpAXYojVimmIVt6euNYB3ebcfsAZ\n"
    "Vwox0aGUjw6rY2K4YA==\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

/* Accounting */

static Record *
get_record (MsaEasy *easy)
{
  return g_object_get_data (G_OBJECT (easy), "record");
}

static void
stage_added (Stage *s,
             MsaEasy *easy)
{
  get_record (easy)->n_added++;
}

static void
stage_removes (Stage *s,
               MsaEasy *easy)
{
  Record *record = get_record (easy);

  if (msa_easy_get_membership (easy)->multi == s->multi &&
      record->n_completed + record->n_removed < record->n_added)
    record->n_removed++;
}

static void
stage_awaits (Stage *s,
              MsaEasy *easy)
{
  s->n_awaited++;
  g_object_set_data (G_OBJECT (easy), "run", msa_easy_get_membership (easy)->run);
}

static void
stage_awaited (Stage *s,
               MsaEasy *easy)
{
  gpointer run = msa_easy_get_membership (easy)->run;

  if (run != NULL && run != g_object_get_data (G_OBJECT (easy), "run"))
    stage_added (s, easy);
}

static void at_point (Stage *s,
                      Point point);

/* Functions that calls set */

static void
any_destroy_cb (gpointer data)
{
  ((Stage *) data)->n_destroyed++;
}

static void
any_ready_cb (GObject *source,
              GAsyncResult *result,
              gpointer data)
{
  ((Stage *) data)->n_answered++;
}

static MsaWriteResult
any_write_cb (MsaEasy *easy,
              const guint8 *data,
              gsize len,
              gpointer user_data)
{
  return MSA_WRITE_CONTINUE;
}

static void
any_foreach_cb (const char *name,
                const char *value,
                gpointer user_data)
{
}

static gboolean
any_address_cb (MsaMulti *multi,
                MsaEasy *easy,
                GSocketAddress *address,
                gpointer user_data)
{
  return TRUE;
}

static GSocket *
any_open_cb (MsaMulti *multi,
             MsaEasy *easy,
             GSocketAddress *address,
             gpointer user_data)
{
  return NULL;
}

static void
any_socket_cb (MsaMulti *multi,
               int fd,
               MsaSocketEvents wanted,
               gboolean removed,
               gpointer user_data)
{
}

static void
any_timer_cb (MsaMulti *multi,
              int timeout_ms,
              gpointer user_data)
{
}

#include "life-calls.h"

static void
call_quiet (gpointer stage)
{
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    if (calls[i].is_quiet)
      calls[i].call (stage);
}

/* Sets each property to what it is, by way of GObject. */
static void
set_all (gpointer object)
{
  guint n;
  g_autofree GParamSpec **all = g_object_class_list_properties (G_OBJECT_GET_CLASS (object), &n);

  for (guint i = 0; i < n; i++)
    {
      g_auto (GValue) value = G_VALUE_INIT;

      g_value_init (&value, all[i]->value_type);
      if ((all[i]->flags & G_PARAM_READABLE) != 0)
        g_object_get_property (object, all[i]->name, &value);
      if ((all[i]->flags & G_PARAM_WRITABLE) != 0 && (all[i]->flags & G_PARAM_READABLE) != 0)
        g_object_set_property (object, all[i]->name, &value);
    }
}

static void
call_properties (gpointer stage)
{
  Stage *s = stage;

  set_all (s->multi);
  set_all (s->target);
}

static void
call_drop_easy (gpointer stage)
{
  Stage *s = stage;

  if (s->is_own)
    g_clear_object (&s->own);
  else
    g_clear_object (&s->other);
}

static void
call_drop_multi (gpointer stage)
{
  Stage *s = stage;

  if (s->holds_multi)
    {
      s->holds_multi = FALSE;
      g_object_unref (s->multi);
    }
}

static void
call_cancel (gpointer stage)
{
  Stage *s = stage;

  g_cancellable_cancel (s->cancellable);
}

static void
call_dispose_easy (gpointer stage)
{
  Stage *s = stage;

  g_object_run_dispose (G_OBJECT (s->target));
  /* Its handlers are gone with it. */
  get_record (s->target)->is_disposed = TRUE;
}

static void turn (Stage *s);

static void
call_nested (gpointer stage)
{
  for (guint i = 0; i < 5; i++)
    turn (stage);
}

typedef struct
{
  const char *name;
  void (*call) (gpointer stage);
} OwnCall;

/* What is no function of ours, but done to our objects. */
static const OwnCall own_calls[] = {
  { "quiet", call_quiet },
  { "properties", call_properties },
  { "drop-easy", call_drop_easy },
  { "drop-multi", call_drop_multi },
  { "cancel", call_cancel },
  { "dispose-easy", call_dispose_easy },
  { "nested", call_nested },
};

/* Points */

static void
at_point (Stage *s,
          Point point)
{
  guint state = s->own != NULL ? (guint) msa_easy_get_state (s->own) : MSA_EASY_IDLE;
  g_autoptr (MsaEasy) target = NULL;
  g_autoptr (MsaTimings) timings = NULL;

  if (point != s->point || s->has_acted || s->multi == NULL)
    return;
  s->seen |= 1u << state;
  if (s->is_dry || (s->is_own && state != s->own_state))
    return;

  s->has_acted = TRUE;
  target = s->is_own ? s->own : s->other;
  g_object_ref (target);
  timings = msa_easy_get_timings (target);
  s->timings = timings;
  s->target = target;
  s->call (s);
  s->target = NULL;
  s->timings = NULL;
}

static MsaWriteResult
write_cb (MsaEasy *easy,
          const guint8 *data,
          gsize len,
          gpointer user_data)
{
  at_point (user_data, POINT_WRITE);

  return MSA_WRITE_CONTINUE;
}

static void
write_destroy_cb (gpointer data)
{
  at_point (data, POINT_WRITE_DESTROY);
}

static void
body_destroy_cb (gpointer data)
{
  at_point (data, POINT_BODY_DESTROY);
}

static void
last_body_destroy_cb (gpointer data)
{
  at_point (data, POINT_LAST_BODY_DESTROY);
}

static void
socket_cb (MsaMulti *multi,
           int fd,
           MsaSocketEvents wanted,
           gboolean removed,
           gpointer user_data)
{
  Stage *s = user_data;

  if (removed)
    g_hash_table_remove (s->watched, GINT_TO_POINTER (fd));
  else
    g_hash_table_replace (s->watched, GINT_TO_POINTER (fd), GUINT_TO_POINTER (wanted));
  s->fd = fd;
  at_point (s, POINT_SOCKET);
}

static void
socket_destroy_cb (gpointer data)
{
  at_point (data, POINT_SOCKET_DESTROY);
}

static void
timer_cb (MsaMulti *multi,
          int timeout_ms,
          gpointer user_data)
{
  Stage *s = user_data;

  s->timer_us = timeout_ms < 0 ? G_MAXINT64
                               : msa_sim_get_now_us (s->sim) + (gint64) timeout_ms * MS;
  at_point (s, POINT_TIMER);
}

static void
timer_destroy_cb (gpointer data)
{
  at_point (data, POINT_TIMER_DESTROY);
}

static gboolean
address_cb (MsaMulti *multi,
            MsaEasy *easy,
            GSocketAddress *address,
            gpointer user_data)
{
  at_point (user_data, POINT_ADDRESS);

  return TRUE;
}

static void
address_destroy_cb (gpointer data)
{
  at_point (data, POINT_ADDRESS_DESTROY);
}

static GSocket *
open_cb (MsaMulti *multi,
         MsaEasy *easy,
         GSocketAddress *address,
         gpointer user_data)
{
  at_point (user_data, POINT_OPEN);

  return NULL;
}

static void
open_destroy_cb (gpointer data)
{
  at_point (data, POINT_OPEN_DESTROY);
}

static void
headers_cb (MsaEasy *easy,
            gpointer data)
{
  at_point (data, POINT_HEADERS);
}

static void
informational_cb (MsaEasy *easy,
                  guint status,
                  MsaHeaders *headers,
                  gpointer data)
{
  at_point (data, POINT_INFORMATIONAL);
}

static void
data_cb (MsaEasy *easy,
         GBytes *bytes,
         gpointer data)
{
  at_point (data, POINT_DATA);
}

static void
progress_cb (MsaEasy *easy,
             gpointer data)
{
  at_point (data, POINT_PROGRESS);
}

static void
trace_cb (MsaEasy *easy,
          const char *topic,
          const char *message,
          gpointer data)
{
  at_point (data, POINT_TRACE);
}

static void
completed_cb (MsaEasy *easy,
              const GError *error,
              gpointer data)
{
  Record *record = get_record (easy);

  record->n_completed++;
  g_assert_cmpuint (record->n_completed + record->n_removed, <=, record->n_added);
  if (easy == ((Stage *) data)->own)
    at_point (data, POINT_COMPLETED);
}

static void
multi_completed_cb (MsaMulti *multi,
                    MsaEasy *easy,
                    const GError *error,
                    gpointer data)
{
  if (easy == ((Stage *) data)->own)
    at_point (data, POINT_MULTI_COMPLETED);
}

static void
notify_cb (GObject *object,
           GParamSpec *pspec,
           gpointer data)
{
  at_point (data, POINT_NOTIFY);
}

static void
multi_notify_cb (GObject *object,
                 GParamSpec *pspec,
                 gpointer data)
{
  at_point (data, POINT_MULTI_NOTIFY);
}

static void
items_cb (GListModel *list,
          guint position,
          guint n_removed,
          guint n_added,
          gpointer data)
{
  at_point (data, POINT_ITEMS);
}

static void
foreach_cb (const char *name,
            const char *value,
            gpointer data)
{
  at_point (data, POINT_FOREACH);
}

static void
ready (Stage *s,
       GAsyncResult *result,
       Point point)
{
  s->n_answered++;
  s->result = result;
  at_point (s, point);
  s->result = s->old;
}

static void
run_cb (GObject *source,
        GAsyncResult *result,
        gpointer data)
{
  ready (data, result, POINT_RUN);
}

static void
fetch_cb (GObject *source,
          GAsyncResult *result,
          gpointer data)
{
  ready (data, result, POINT_FETCH);
}

static void
close_cb (GObject *source,
          GAsyncResult *result,
          gpointer data)
{
  ready (data, result, POINT_CLOSE);
}

static void
old_cb (GObject *source,
        GAsyncResult *result,
        gpointer data)
{
  Stage *s = data;

  s->old = g_object_ref (result);
  s->result = result;
}

static gboolean
certificate_cb (MsaEasy *easy,
                MsaCertificateRequest *request,
                gpointer data)
{
  Stage *s = data;

  g_set_object (&s->certificate_request, request);
  at_point (s, POINT_CERTIFICATE);
  msa_certificate_request_accept (request);

  return TRUE;
}

static gboolean
password_cb (MsaEasy *easy,
             MsaPasswordRequest *request,
             gpointer data)
{
  Stage *s = data;

  g_set_object (&s->password_request, request);
  at_point (s, POINT_PASSWORD);
  msa_password_request_answer (request, PASSWORD);

  return TRUE;
}

/* A resolver of the application's that leads to the plain server. */

typedef struct
{
  GResolver parent_instance;
} StageResolver;

typedef struct
{
  GResolverClass parent_class;
} StageResolverClass;

GType stage_resolver_get_type (void);

G_DEFINE_TYPE (StageResolver, stage_resolver, G_TYPE_RESOLVER)

static GList *
stage_resolver_lookup (GResolver *resolver,
                       const char *host,
                       GResolverNameLookupFlags flags,
                       GCancellable *cancellable,
                       GError **error)
{
  return g_list_append (NULL, g_inet_address_new_from_string ("10.0.0.2"));
}

static void
stage_resolver_class_init (StageResolverClass *klass)
{
  G_RESOLVER_CLASS (klass)->lookup_by_name_with_flags = stage_resolver_lookup;
}

static void
stage_resolver_init (StageResolver *self)
{
}

/* The driver: an application that puts up with whatever a call has done to it */

static void
install_driver (Stage *s)
{
  switch (s->driver)
    {
    case DRIVER_CALLBACKS:
      msa_multi_set_socket_func (s->multi, socket_cb, s, socket_destroy_cb);
      msa_multi_set_timer_func (s->multi, timer_cb, s, timer_destroy_cb);
      break;
    case DRIVER_ATTACHED:
      msa_multi_attach (s->multi, s->context);
      break;
    case DRIVER_EXPORTED:
      s->exported = msa_multi_get_fd (s->multi);
      break;
    case DRIVER_PERFORM:
    case N_DRIVERS:
    default:
      break;
    }
}

static void
renew_driver (Stage *s)
{
  s->is_driver_lost = FALSE;
  msa_multi_detach (s->multi);
  g_hash_table_remove_all (s->watched);
  s->timer_us = G_MAXINT64;
  install_driver (s);
}

static void
act (Stage *s,
     int fd,
     MsaSocketEvents events)
{
  g_autoptr (GError) error = NULL;

  if (s->multi != NULL)
    msa_multi_socket_action (s->multi, fd, events, NULL, &error);
}

static gboolean
turn_callbacks (Stage *s)
{
  MsaSys *sys = msa_sim_get_sys (s->sim);
  g_autoptr (GArray) fds = g_array_new (FALSE, TRUE, sizeof (GPollFD));
  GHashTableIter iter;
  gpointer fd, events;
  gboolean any = FALSE;

  g_hash_table_iter_init (&iter, s->watched);
  while (g_hash_table_iter_next (&iter, &fd, &events))
    {
      GPollFD poll_fd = { GPOINTER_TO_INT (fd), (gushort) GPOINTER_TO_UINT (events), 0 };

      g_array_append_val (fds, poll_fd);
    }
  sys->ops->poll (sys, (GPollFD *) (gpointer) fds->data, fds->len, 0);
  for (guint i = 0; i < fds->len; i++)
    {
      GPollFD *poll_fd = &g_array_index (fds, GPollFD, i);

      if (poll_fd->revents == 0)
        continue;
      act (s, poll_fd->fd, (MsaSocketEvents) poll_fd->revents);
      any = TRUE;
    }
  if (s->timer_us <= msa_sim_get_now_us (s->sim))
    {
      s->timer_us = G_MAXINT64;
      act (s, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE);
      any = TRUE;
    }

  return any;
}

static void
perform (Stage *s)
{
  g_autoptr (GError) error = NULL;

  msa_multi_perform (s->multi, NULL, &error);
}

static gboolean
turn_perform (Stage *s)
{
  g_autoptr (GError) error = NULL;
  guint n_ready = 0;
  gboolean due = msa_multi_get_timeout_ms (s->multi) == 0;

  msa_multi_poll (s->multi, 0, &n_ready, &error);
  if (s->multi != NULL)
    perform (s);

  return due || n_ready > 0;
}

static gboolean
turn_exported (Stage *s)
{
  struct pollfd poll_fd = { .fd = s->exported, .events = POLLIN };

  if (poll (&poll_fd, 1, 0) <= 0)
    return FALSE;
  perform (s);

  return TRUE;
}

/* What is ready and due now. */
static gboolean
turn_now (Stage *s)
{
  gboolean any = g_main_context_iteration (NULL, FALSE);

  any |= g_main_context_iteration (s->context, FALSE);
  if (s->multi == NULL)
    return any;

  if (s->driver == DRIVER_CALLBACKS)
    any |= turn_callbacks (s);
  else if (s->driver == DRIVER_PERFORM)
    any |= turn_perform (s);
  else if (s->driver == DRIVER_EXPORTED)
    any |= turn_exported (s);

  return any;
}

static void
turn (Stage *s)
{
  turn_now (s);
}

static gint64
get_next_us (Stage *s)
{
  const gint64 next_us = msa_sim_next_event (s->sim);

  /* A closed one is driven by nobody. */
  if (s->multi == NULL || s->multi->closed == MSA_MULTI_CLOSED)
    return next_us;
  /* The functions are told of whole milliseconds. */
  if (s->driver == DRIVER_CALLBACKS)
    return MIN (next_us, s->timer_us);

  return MIN (next_us, msa_engine_get_deadline (msa_multi_get_engine (s->multi)));
}

typedef gboolean (*StageCondition) (Stage *s);

static void meddle (Stage *s);

/* Until it holds, or @us have passed, or nothing can happen any more. */
static void
run (Stage *s,
     StageCondition done,
     gint64 us)
{
  const gint64 end_us = msa_sim_get_now_us (s->sim) + us;
  guint n_turns = 0;

  while (done == NULL || !done (s))
    {
      gint64 next_us;

      if (s->is_driver_lost && s->multi != NULL)
        renew_driver (s);
      at_point (s, POINT_OUTSIDE);
      meddle (s);
      /* Something would turn for ever. */
      g_assert_cmpuint (n_turns++, <, 20000);
      if (turn_now (s))
        continue;
      next_us = get_next_us (s);
      if (next_us > end_us)
        break;
      msa_sim_advance_to (s->sim, MAX (next_us, msa_sim_get_now_us (s->sim)));
    }
}

/* The servers */

static void
own_server_cb (MsaSimPeer *peer,
               const char *method,
               const char *target,
               const char *head,
               GBytes *body,
               gpointer data)
{
  msa_sim_peer_send_at (peer, 5 * MS, "HTTP/1.1 103 Early\r\n\r\n", -1);
  msa_sim_peer_send_at (peer, 10 * MS, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf", -1);
  msa_sim_peer_send_at (peer, 1500 * MS, "half", -1);
}

static void
plain_server_cb (MsaSimPeer *peer,
                 const char *method,
                 const char *target,
                 const char *head,
                 GBytes *body,
                 gpointer data)
{
  msa_sim_http_respond (peer, 200, NULL, "ok");
}

static void
silent_server_cb (MsaSimPeer *peer,
                  const char *method,
                  const char *target,
                  const char *head,
                  GBytes *body,
                  gpointer data)
{
}

static void
half_server_cb (MsaSimPeer *peer,
                const char *method,
                const char *target,
                const char *head,
                GBytes *body,
                gpointer data)
{
  msa_sim_peer_send (peer, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf", -1);
}

static void
deaf_server_cb (MsaSim *sim,
                MsaSimPeer *peer,
                gpointer data)
{
  msa_sim_peer_stop_reading (peer);
}

static void
make_network (MsaSim *sim)
{
  msa_sim_set_host (sim, "example.org", MS, "10.0.0.1", NULL);
  msa_sim_http_server (sim, "10.0.0.1", 80, own_server_cb, NULL);
  msa_sim_set_host (sim, "plain.org", MS, "10.0.0.2", NULL);
  msa_sim_http_server (sim, "10.0.0.2", 80, plain_server_cb, NULL);
  msa_sim_set_host (sim, "silent.org", MS, "10.0.0.3", NULL);
  msa_sim_http_server (sim, "10.0.0.3", 80, silent_server_cb, NULL);
  msa_sim_set_host (sim, "deaf.org", MS, "10.0.0.4", NULL);
  msa_sim_listen (sim, "10.0.0.4", 80, deaf_server_cb, NULL);
  msa_sim_set_host (sim, "half.org", MS, "10.0.0.5", NULL);
  msa_sim_http_server (sim, "10.0.0.5", 80, half_server_cb, NULL);
  msa_sim_set_host (sim, "slow.org", G_USEC_PER_SEC * 100, "10.0.0.2", NULL);
  msa_sim_set_host (sim, "hole.org", MS, "10.0.0.9", NULL);
  msa_sim_set_black_hole (sim, "10.0.0.9");
  msa_sim_set_file (sim, "/ca.pem", msa_test_pki_ca_pem (root), -1);
  msa_sim_set_file (sim, "/cert.pem", client_cert->cert_pem, -1);
  msa_sim_set_file (sim, "/locked.pem", locked_key, -1);
}

/* Easies */

static MsaEasy *
make_easy (Stage *s,
           const char *uri)
{
  MsaEasy *easy = msa_easy_new (uri);
  Record *record = g_new0 (Record, 1);

  g_ptr_array_add (s->records, record);
  g_object_set_data (G_OBJECT (easy), "record", record);
  msa_easy_set_timeout_ms (easy, 20000);
  g_signal_connect (easy, "completed", G_CALLBACK (completed_cb), s);

  return easy;
}

static void
add (Stage *s,
     MsaEasy *easy)
{
  g_autoptr (GError) error = NULL;

  stage_added (s, easy);
  msa_multi_add (s->multi, easy, &error);
  g_assert_no_error (error);
}

static void
start (Stage *s,
       MsaEasy *easy,
       GAsyncReadyCallback callback)
{
  stage_awaits (s, easy);
  msa_multi_run_async (s->multi, easy, G_PRIORITY_DEFAULT, s->cancellable, callback, s);
  stage_awaited (s, easy);
}

static gboolean
is_other_in (Stage *s,
             MsaTransferState state)
{
  MsaTransfer *transfer = msa_easy_get_membership (s->other)->transfer;

  return transfer != NULL && transfer->state == state;
}

static gboolean
is_other_storing (Stage *s)
{
  return is_other_in (s, MSA_TRANSFER_STORING);
}

static gboolean
is_other_done (Stage *s)
{
  return msa_easy_get_state (s->other) == MSA_EASY_DONE;
}

/* Another transfer, which stands in a state and stays there. */
static void
bring_other (Stage *s,
             Target target)
{
  static const struct
  {
    const char *uri;
    MsaTransferState state;
  } rows[] = {
    [TARGET_IDLE] = { "http://plain.org/", 0 },
    [TARGET_QUEUED] = { "http://silent.org/", MSA_TRANSFER_QUEUED },
    [TARGET_RESOLVING] = { "http://slow.org/", MSA_TRANSFER_CONNECTING },
    [TARGET_CONNECTING] = { "http://hole.org/", MSA_TRANSFER_CONNECTING },
    [TARGET_SENDING] = { "http://deaf.org/", MSA_TRANSFER_SENDING },
    [TARGET_WAITING] = { "http://silent.org/", MSA_TRANSFER_WAITING },
    [TARGET_RECEIVING] = { "http://half.org/", MSA_TRANSFER_RECEIVING },
    [TARGET_STORING] = { "http://plain.org/", MSA_TRANSFER_STORING },
    [TARGET_DONE] = { "http://plain.org/", MSA_TRANSFER_GONE },
  };

  if (target == TARGET_OWN)
    return;

  s->other = make_easy (s, rows[target].uri);
  if (target == TARGET_QUEUED)
    {
      msa_multi_set_max_connections_per_host (s->multi, 1);
      s->holder = make_easy (s, "http://silent.org/");
      add (s, s->holder);
    }
  if (target == TARGET_SENDING)
    {
      g_autofree char *filling = g_strnfill (1000 * 1000, 'u');
      g_autoptr (GBytes) body = g_bytes_new (filling, 1000 * 1000);

      msa_easy_set_body (s->other, NULL, body);
    }
  if (target == TARGET_STORING)
    msa_easy_set_output_file (s->other, s->file);
  if (target == TARGET_IDLE)
    return;

  if (target == TARGET_STORING)
    msa_sim_set_job_delay (s->sim, 4 * G_USEC_PER_SEC);
  start (s, s->other, any_ready_cb);
  if (target == TARGET_STORING)
    {
      /* All jobs are slow, the last one still. */
      run (s, is_other_storing, 20 * G_USEC_PER_SEC);
      msa_sim_set_job_delay (s->sim, 0);
    }
  else
    {
      run (s, target == TARGET_DONE ? is_other_done : NULL, 100 * MS);
    }
  g_assert_cmpint (msa_easy_get_membership (s->other)->transfer->state, ==, rows[target].state);
}

static void
start_tls (Stage *s)
{
  const MsaTestTlsOptions options = {
    .cert = other_cert,
    .client_ca = s->point == POINT_PASSWORD ? msa_test_pki_ca_pem (client_root) : NULL,
    .ticket_key = &ticket_key,
  };
  g_autoptr (MsaTlsConfig) config = NULL;

  if (s->point == POINT_PASSWORD)
    config = g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "/ca.pem", "certificate-file",
                           "/cert.pem", "key-file", "/locked.pem", NULL);
  else
    config = msa_tls_config_new_for_ca_file ("/ca.pem");
  s->https = msa_test_https_new (s->sim, "10.0.0.1", &options, msa_test_https_answer, NULL);
  msa_easy_set_uri (s->own, "https://example.org/");
  msa_easy_set_tls_config (s->own, config);
  g_signal_connect (s->own, "accept-certificate", G_CALLBACK (certificate_cb), s);
  g_signal_connect (s->own, "key-password", G_CALLBACK (password_cb), s);
}

static gboolean
is_own_done (Stage *s)
{
  return msa_easy_get_state (s->own) == MSA_EASY_DONE;
}

/* Leaves a run behind that has the last reference to its body. */
static void
run_before (Stage *s)
{
  g_autoptr (GBytes) body = g_bytes_new_with_free_func ("a body", 6, last_body_destroy_cb, s);

  msa_easy_set_body (s->own, NULL, body);
  add (s, s->own);
  run (s, is_own_done, 10 * G_USEC_PER_SEC);
  g_assert_true (is_own_done (s));
  msa_easy_set_body (s->own, NULL, NULL);
}

/* What is called from inside the call may remove it again, add it itself, or let go of it. */
static void
add_loosely (Stage *s)
{
  g_autoptr (MsaEasy) own = g_object_ref (s->own);

  stage_added (s, own);
  if (!msa_multi_add (s->multi, own, NULL))
    get_record (own)->n_added--;
}

/* Has the point's callback set where it comes from, and starts the transfer of its own. */
static void
start_own (Stage *s)
{
  const Point point = s->point;
  g_autoptr (GBytes) body = NULL;

  s->own = make_easy (s, "http://example.org/");
  g_signal_connect (s->own, "headers", G_CALLBACK (headers_cb), s);
  g_signal_connect (s->own, "informational", G_CALLBACK (informational_cb), s);
  g_signal_connect (s->own, "notify", G_CALLBACK (notify_cb), s);
  if (point == POINT_DATA)
    g_signal_connect (s->own, "data", G_CALLBACK (data_cb), s);
  if (point == POINT_PROGRESS)
    g_signal_connect (s->own, "progress", G_CALLBACK (progress_cb), s);
  if (point == POINT_TRACE)
    g_signal_connect (s->own, "trace", G_CALLBACK (trace_cb), s);
  if (point == POINT_WRITE || point == POINT_WRITE_DESTROY)
    msa_easy_set_write_func (s->own, write_cb, s, write_destroy_cb);
  if (point == POINT_ADDRESS || point == POINT_ADDRESS_DESTROY)
    msa_multi_set_address_func (s->multi, address_cb, s, address_destroy_cb);
  if (point == POINT_OPEN || point == POINT_OPEN_DESTROY)
    msa_multi_set_open_func (s->multi, open_cb, s, open_destroy_cb);
  if (point == POINT_CERTIFICATE || point == POINT_PASSWORD)
    start_tls (s);

  if (point == POINT_ITEMS)
    g_signal_connect (msa_multi_get_transfers (s->multi), "items-changed", G_CALLBACK (items_cb),
                      s);
  g_signal_connect (s->multi, "completed", G_CALLBACK (multi_completed_cb), s);
  g_signal_connect (s->multi, "notify", G_CALLBACK (multi_notify_cb), s);
  if (point == POINT_BODY_DESTROY)
    {
      body = g_bytes_new_with_free_func ("a body", 6, body_destroy_cb, s);
      msa_easy_set_body (s->own, NULL, body);
      g_clear_pointer (&body, g_bytes_unref);
      msa_easy_set_body (s->own, NULL, NULL);
    }

  if (point == POINT_LAST_BODY_DESTROY)
    run_before (s);

  /* What was called there may have come before. */
  if (s->own == NULL || s->multi == NULL)
    return;
  if (point == POINT_RUN)
    start (s, s->own, run_cb);
  else
    add_loosely (s);
}

/* What has to be done for some points, outside of callbacks, when the own transfer waits. */
static void
meddle (Stage *s)
{
  if (s->has_meddled || s->multi == NULL || s->own == NULL ||
      msa_easy_get_state (s->own) < (s->https != NULL ? MSA_EASY_CONNECTING : MSA_EASY_WAITING))
    return;

  s->has_meddled = TRUE;
  switch ((int) s->point)
    {
    case POINT_SOCKET_DESTROY:
      msa_multi_set_socket_func (s->multi, socket_cb, s, NULL);
      break;
    case POINT_TIMER_DESTROY:
      msa_multi_set_timer_func (s->multi, timer_cb, s, NULL);
      break;
    case POINT_ADDRESS_DESTROY:
      msa_multi_set_address_func (s->multi, NULL, NULL, NULL);
      break;
    case POINT_OPEN_DESTROY:
      msa_multi_set_open_func (s->multi, NULL, NULL, NULL);
      break;
    case POINT_WRITE_DESTROY:
      msa_easy_set_write_func (s->own, NULL, NULL, NULL);
      break;
    case POINT_FOREACH:
      msa_headers_append (msa_easy_get_request_headers (s->own), "X-Field", "value", NULL);
      msa_headers_foreach (msa_easy_get_request_headers (s->own), foreach_cb, s);
      break;
    case POINT_FETCH:
      s->n_awaited++;
      msa_multi_fetch_async (s->multi, "http://plain.org/", NULL, fetch_cb, s);
      break;
    case POINT_CLOSE:
      s->n_awaited++;
      msa_multi_close_async (s->multi, NULL, close_cb, s);
      break;
    default:
      break;
    }
}

/* The stage */

static Stage *
stage_new (Driver driver,
           Point point)
{
  Stage *s = g_new0 (Stage, 1);
  g_autofree char *path = g_build_filename (folder, "body", NULL);

  s->driver = driver;
  s->point = point;
  s->sim = msa_sim_new ();
  s->multi = msa_multi_new_with_sys (msa_sim_get_sys (msa_sim_ref (s->sim)));
  s->holds_multi = TRUE;
  g_object_add_weak_pointer (G_OBJECT (s->multi), (gpointer *) &s->multi);
  s->context = g_main_context_new ();
  s->watched = g_hash_table_new (NULL, NULL);
  s->records = g_ptr_array_new_with_free_func (g_free);
  s->timer_us = G_MAXINT64;
  s->fd = -1;
  s->tls_config = msa_tls_config_new_for_ca_file ("/ca.pem");
  s->store = msa_tls_session_store_new ();
  s->cancellable = g_cancellable_new ();
  s->file = g_file_new_for_path (path);
  s->input = g_memory_input_stream_new_from_data ("input", 5, NULL);
  s->output = g_memory_output_stream_new_resizable ();
  s->resolver = g_object_new (stage_resolver_get_type (), NULL);
  s->bytes = g_bytes_new_static ("bytes", 5);
  make_network (s->sim);
  install_driver (s);

  return s;
}

static gboolean
has_old (Stage *s)
{
  return s->old != NULL;
}

/* A result that was finished already, for what wants one. */
static void
make_old (Stage *s)
{
  msa_multi_fetch_async (s->multi, "http://plain.org/", NULL, old_cb, s);
  run (s, has_old, G_USEC_PER_SEC);
  g_assert_nonnull (s->old);
}

static void
check_accounts (Stage *s)
{
  for (guint i = 0; i < s->records->len; i++)
    {
      const Record *record = g_ptr_array_index (s->records, i);

      if (!record->is_disposed)
        g_assert_cmpuint (record->n_completed + record->n_removed, ==, record->n_added);
    }
}

/* It works as if nothing had been. */
static void
check_plain (Stage *s)
{
  g_autoptr (GError) error = NULL;

  msa_multi_set_address_func (s->multi, NULL, NULL, NULL);
  msa_multi_set_open_func (s->multi, NULL, NULL, NULL);
  msa_multi_set_resolver (s->multi, NULL);
  renew_driver (s);
  g_clear_object (&s->own);
  s->own = make_easy (s, "http://plain.org/");
  if (s->multi->closed != MSA_MULTI_OPEN)
    {
      g_assert_false (msa_multi_add (s->multi, s->own, &error));
      g_assert_error (error, MSA_ERROR, MSA_ERROR_CLOSED);
      return;
    }
  add (s, s->own);
  run (s, is_own_done, 10 * G_USEC_PER_SEC);
  g_assert_no_error (msa_easy_get_error (s->own));
  g_assert_cmpuint (msa_easy_get_status (s->own), ==, 200);
}

static void
end_multi (Stage *s)
{
  msa_multi_detach (s->multi);
  if (s->holds_multi)
    g_object_unref (s->multi);
  run (s, NULL, 3 * G_USEC_PER_SEC);
  g_assert_null (s->multi);
}

static void
stage_free (Stage *s)
{
  /* What was removed may still have to be answered. */
  run (s, NULL, 3 * G_USEC_PER_SEC);
  g_assert_cmpuint (s->n_answered, ==, s->n_awaited);
  s->point = N_POINTS;
  g_clear_object (&s->certificate_request);
  g_clear_object (&s->password_request);
  g_clear_object (&s->old);
  g_clear_pointer (&s->https, msa_test_https_free);
  if (s->own != NULL)
    g_assert_finalize_object (s->own);
  if (s->other != NULL)
    g_assert_finalize_object (s->other);
  if (s->holder != NULL)
    g_assert_finalize_object (s->holder);
  g_assert_cmpuint (s->n_destroyed, ==, s->n_to_destroy);
  g_object_unref (s->tls_config);
  g_object_unref (s->store);
  g_object_unref (s->cancellable);
  g_object_unref (s->file);
  g_object_unref (s->input);
  g_object_unref (s->output);
  g_object_unref (s->resolver);
  g_bytes_unref (s->bytes);
  g_hash_table_unref (s->watched);
  g_main_context_unref (s->context);
  g_ptr_array_unref (s->records);
  msa_sim_assert_clean (s->sim);
  msa_sim_unref (s->sim);
  g_free (s);
}

/* @call NULL: what states of the own transfer the point is reached in, as a bit set. */
static guint
play (Driver driver,
      Point point,
      Target target,
      guint own_state,
      const char *name,
      void (*call) (gpointer stage))
{
  Stage *s = stage_new (driver, N_POINTS);
  guint seen;

  if (name != NULL && g_str_has_suffix (name, "_finish"))
    make_old (s);
  bring_other (s, target);
  s->point = point;
  s->is_own = target == TARGET_OWN;
  s->own_state = own_state;
  s->is_dry = call == NULL;
  s->call = call;
  start_own (s);
  run (s, NULL, 45 * G_USEC_PER_SEC);

  /* It holds the multi. */
  s->result = NULL;
  g_clear_object (&s->old);
  seen = s->seen;
  if (!s->is_dry && !s->has_acted)
    g_test_message ("%s at %s, %s %u: not reached", name, point_names[point],
                    target_names[target], own_state);
  g_assert_true (s->is_dry || s->has_acted);
  s->point = N_POINTS;
  if (s->multi != NULL)
    {
      g_assert_cmpuint (msa_multi_get_n_running (s->multi), ==, 0);
      check_accounts (s);
      check_plain (s);
      end_multi (s);
    }
  stage_free (s);

  return seen;
}

/* Which points a driver has. */
static gboolean
has_point (Driver driver,
           Point point)
{
  switch ((int) point)
    {
    case POINT_SOCKET:
    case POINT_TIMER:
    case POINT_SOCKET_DESTROY:
    case POINT_TIMER_DESTROY:
      return driver == DRIVER_CALLBACKS;
    default:
      return TRUE;
    }
}

typedef struct
{
  Driver driver;
  Point point;
} Cell;

static void
play_all (const Cell *cell,
          Target target,
          guint own_state,
          guint *n_played)
{
  for (guint i = 0; i < G_N_ELEMENTS (calls) + G_N_ELEMENTS (own_calls); i++)
    {
      const gboolean is_own = i >= G_N_ELEMENTS (calls);
      const char *name = is_own ? own_calls[i - G_N_ELEMENTS (calls)].name : calls[i].name;

      if (!is_own && calls[i].is_quiet)
        continue;
      if (g_getenv ("MSA_LIFE_CALL") != NULL && !g_str_equal (name, g_getenv ("MSA_LIFE_CALL")))
        continue;
      if (g_test_verbose ())
        g_test_message ("%s in %s, %s %u", name, point_names[cell->point], target_names[target],
                        own_state);
      play (cell->driver, cell->point, target, own_state, name,
            is_own ? own_calls[i - G_N_ELEMENTS (calls)].call
                   : (void (*) (gpointer)) calls[i].call);
      (*n_played)++;
    }
}

static void
test_point (gconstpointer data)
{
  const Cell *cell = data;
  const guint seen = play (cell->driver, cell->point, TARGET_OWN, 0, NULL, NULL);
  guint n_played = 0;

  g_assert_cmpuint (seen, !=, 0);
  for (guint state = 0; state <= MSA_EASY_DONE; state++)
    if ((seen & (1u << state)) != 0)
      play_all (cell, TARGET_OWN, state, &n_played);
  for (guint target = TARGET_IDLE; target < N_TARGETS; target++)
    play_all (cell, target, 0, &n_played);
  g_test_message ("%u played, own states 0x%x", n_played, seen);
}

static void
make_keys (void)
{
  const MsaTestCertSpec other = { .dns = { "other.example" } };
  const MsaTestCertSpec client = { .common_name = "me", .purpose = "1.3.6.1.5.5.7.3.2" };

  root = msa_test_pki_new ();
  client_root = msa_test_pki_new ();
  other_cert = msa_test_pki_issue (root, &other);
  client_cert = msa_test_pki_issue (client_root, &client);
  gnutls_session_ticket_key_generate (&ticket_key);
}

static void
free_keys (void)
{
  msa_test_pki_free (root);
  msa_test_pki_free (client_root);
  msa_test_cert_free (other_cert);
  msa_test_cert_free (client_cert);
  gnutls_free (ticket_key.data);
}

int
main (int argc,
      char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("msa-life-XXXXXX", NULL);
  make_keys ();

  for (guint driver = 0; driver < N_DRIVERS; driver++)
    for (guint point = 0; point < N_POINTS; point++)
      if (has_point (driver, point))
        {
          g_autofree char *path = g_strdup_printf ("/msa/life-matrix/%s/%s", driver_names[driver],
                                                   point_names[point]);
          Cell *cell = g_new0 (Cell, 1);

          cell->driver = driver;
          cell->point = point;
          g_test_add_data_func_full (path, cell, test_point, g_free);
        }

  status = g_test_run ();
  g_rmdir (folder);
  g_free (folder);
  free_keys ();

  return status;
}
