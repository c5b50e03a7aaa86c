/* msa-tls-filter.c: the client's side of TLS, as a layer of a connection
 *
 * GnuTLS is given bytes from one large read and is asked to write by one send
 * for each flight. Whether the peer may be talked to is decided in msa-tls-verify.c alone:
 * without its token nothing is sent or received here. Sessions are not resumed. Used from the
 * multi's thread only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "tls/msa-tls-private.h"

#include "base/msa-limits-private.h"
#include "base/msa-writer-private.h"
#include "model/msa-error.h"
#include "tls/msa-tls-trust-private.h"
#include "tls/msa-tls-verify-private.h"

#include <errno.h>
#include <gnutls/gnutls.h>

/* One read from below: two records of the largest size (RFC 8446, 5.2), so that a busy connection
 * asks the kernel less than once a record. Held only while bytes lie in it. */
#define INPUT_BYTES (2 * (5 + 16384 + 256))
/* Pieces of a flight that go out in one send. */
#define MAX_FLIGHT_BYTES (16 * 1024)
/* What a peer may say that is neither data nor an end: warnings, requests to renegotiate, requests
 * for keys. */
#define MAX_WARNINGS 16
/* Reads and messages without data (tickets, key updates) that one call works through before the
 * rest has to wait. */
#define MAX_TURNS 16

typedef enum
{
  PHASE_HANDSHAKE,
  PHASE_SEND,
  PHASE_RECEIVE,
} Phase;

typedef struct
{
  MsaFilter        base;
  MsaTrust        *trust;    /* (owned) */
  MsaTlsConfig    *config;   /* (owned) (nullable): NULL is the default */
  MsaHost         *host;     /* (owned) */
  char           **alpn;     /* (owned) (nullable): what was offered */
  const char      *chosen;   /* (unowned) (nullable): one of @alpn */
  gnutls_session_t session;  /* (owned) (nullable) */
  MsaTlsVerified  *verified; /* (owned) (nullable): set by connect() alone */

  MsaWriter input;      /* read from below, not yet taken by GnuTLS */
  GError   *pull_error; /* (owned) (nullable): what failed below, reading */
  GError   *push_error; /* (owned) (nullable): the same, writing */
  gboolean  lower_end;  /* below has ended */
  gboolean  blocked;    /* below would have blocked, since it was last set to FALSE */

  GError  *failure;      /* (owned) (nullable): of handshake or receiving; nothing works after it */
  GError  *send_failure; /* (owned) (nullable): what the peer said before can still be received */
  gboolean ended;        /* close_notify came */
  gboolean has_held;     /* @held was taken by peek() and is the next to be received */
  guint8   held;
  gboolean send_blocked; /* the last send has to be repeated */
  gboolean alert_unsent; /* GnuTLS still holds a warning of ours, see flush_alert() */
  guint    n_warnings;
} MsaTlsFilter;

/* --- transport: what GnuTLS calls --- */

/* FALSE: nothing came, and lower_end or the session's errno says why. */
static gboolean
fill_input (MsaTlsFilter *self)
{
  guint8 *room = msa_writer_reserve (&self->input, INPUT_BYTES);
  gsize n_read = 0;

  if (room == NULL)
    {
      gnutls_transport_set_errno (self->session, ENOMEM);
      return FALSE;
    }

  gnutls_transport_set_errno (self->session, 0);
  switch (msa_filter_recv (self->base.next, room, INPUT_BYTES, &n_read, &self->pull_error))
    {
    case MSA_IO_DONE:
      msa_writer_commit (&self->input, n_read);
      return TRUE;
    case MSA_IO_AGAIN:
      self->blocked = TRUE;
      gnutls_transport_set_errno (self->session, EAGAIN);
      return FALSE;
    case MSA_IO_END:
      self->lower_end = TRUE;
      return FALSE;
    case MSA_IO_ERROR:
    default:
      gnutls_transport_set_errno (self->session, EIO);
      return FALSE;
    }
}

static ssize_t
pull_cb (gnutls_transport_ptr_t user_data,
         void *buffer,
         size_t size)
{
  MsaTlsFilter *self = user_data;
  gsize len;

  if (self->input.len == 0)
    {
      if (self->lower_end)
        return 0;
      if (self->pull_error != NULL)
        {
          gnutls_transport_set_errno (self->session, EIO);
          return -1;
        }
      if (!fill_input (self))
        return self->lower_end ? 0 : -1;
    }

  len = MIN (size, self->input.len);
  memcpy (buffer, msa_writer_slice (&self->input).data, len);
  msa_writer_consume (&self->input, len);
  return (ssize_t) len;
}

static int
pull_timeout_cb (gnutls_transport_ptr_t user_data,
                 unsigned int timeout_ms)
{
  MsaTlsFilter *self = user_data;

  return self->input.len > 0 || self->lower_end || msa_filter_pending (self->base.next) ? 1 : 0;
}

static ssize_t
push_bytes (MsaTlsFilter *self,
            MsaSlice bytes)
{
  gsize n_sent = 0;

  if (bytes.len == 0)
    return 0;
  if (self->push_error != NULL)
    {
      gnutls_transport_set_errno (self->session, EIO);
      return -1;
    }

  switch (msa_filter_send (self->base.next, (const guint8 *) bytes.data, bytes.len, &n_sent,
                           &self->push_error))
    {
    case MSA_IO_DONE:
      return (ssize_t) n_sent;
    case MSA_IO_AGAIN:
      self->blocked = TRUE;
      gnutls_transport_set_errno (self->session, EAGAIN);
      return -1;
    case MSA_IO_END:
    case MSA_IO_ERROR:
    default:
      gnutls_transport_set_errno (self->session, EIO);
      return -1;
    }
}

/* A flight of the handshake comes in pieces: joined they are one send and, with TCP_NODELAY, one
 * packet. After a partial send GnuTLS comes again with what is left. */
static ssize_t
push_cb (gnutls_transport_ptr_t user_data,
         const giovec_t *pieces,
         int n_pieces)
{
  MsaTlsFilter *self = user_data;
  MsaWriter flight;
  ssize_t result;
  int i;

  if (n_pieces <= 0)
    return 0;

  msa_writer_init (&flight, MAX_FLIGHT_BYTES);
  for (i = 0; i < n_pieces && n_pieces > 1; i++)
    if (!msa_writer_append (&flight, pieces[i].iov_base, pieces[i].iov_len))
      break;

  if (flight.len > 0)
    result = push_bytes (self, msa_writer_slice (&flight));
  else
    result = push_bytes (self, msa_slice (pieces[0].iov_base, pieces[0].iov_len));
  msa_writer_release (&flight);
  return result;
}

/* --- errors: the one place where GnuTLS' codes become ours --- */

/* Bytes that are no TLS at all, and nothing of the peer's was understood before. */
static gboolean
looks_foreign (MsaTlsFilter *self,
               int result)
{
  if (gnutls_handshake_get_last_in (self->session) != (gnutls_handshake_description_t) -1)
    return FALSE;

  return result == GNUTLS_E_UNEXPECTED_PACKET || result == GNUTLS_E_UNEXPECTED_PACKET_LENGTH ||
         result == GNUTLS_E_RECORD_OVERFLOW || result == GNUTLS_E_UNSUPPORTED_VERSION_PACKET;
}

static char *
describe (MsaTlsFilter *self,
          int result)
{
  const char *alert;

  if (result != GNUTLS_E_FATAL_ALERT_RECEIVED && result != GNUTLS_E_WARNING_ALERT_RECEIVED)
    return msa_tls_describe (result);

  alert = gnutls_alert_get_name (gnutls_alert_get (self->session));
  return g_strdup_printf ("the peer sent the alert '%s'", alert != NULL ? alert : "unknown");
}

static GError *
make_handshake_error (MsaTlsFilter *self,
                      int result)
{
  const GError *below = self->pull_error != NULL ? self->pull_error : self->push_error;
  g_autofree char *text = NULL;

  if (below != NULL)
    text = g_strdup (below->message);
  else if (self->lower_end)
    text = g_strdup ("the peer closed the connection");
  else
    text = describe (self, result);

  return g_error_new (MSA_ERROR, MSA_ERROR_TLS_HANDSHAKE, "TLS handshake with %s failed: %s%s",
                      self->host->name, text,
                      below == NULL && !self->lower_end && looks_foreign (self, result)
                          ? " (the peer does not seem to speak TLS)"
                          : "");
}

static GError *
make_receive_error (MsaTlsFilter *self,
                    int result)
{
  g_autofree char *text = NULL;

  if (self->pull_error != NULL)
    return g_error_copy (self->pull_error);
  if (self->lower_end)
    return g_error_new (MSA_ERROR, MSA_ERROR_TRUNCATED,
                        "%s closed the connection without ending TLS by a close_notify",
                        self->host->name);

  text = describe (self, result);
  return g_error_new (MSA_ERROR, MSA_ERROR_RECEIVE, "receiving over TLS from %s failed: %s",
                      self->host->name, text);
}

static GError *
make_send_error (MsaTlsFilter *self,
                 int result)
{
  g_autofree char *text = NULL;

  if (self->push_error != NULL)
    return g_error_copy (self->push_error);

  text = describe (self, result);
  return g_error_new (MSA_ERROR, MSA_ERROR_SEND, "sending over TLS to %s failed: %s",
                      self->host->name, text);
}

/* Gives what ended the session, also to those who come later. */
static MsaIo
report (const GError *failure,
        GError **error)
{
  g_propagate_error (error, g_error_copy (failure));
  return MSA_IO_ERROR;
}

/* Ends the session. The peer is told where the protocol has a word for it. */
static MsaIo
fail (MsaTlsFilter *self,
      Phase phase,
      int result,
      GError **error)
{
  if (phase == PHASE_SEND)
    {
      self->send_failure = make_send_error (self, result);
      return report (self->send_failure, error);
    }

  self->failure = phase == PHASE_HANDSHAKE ? make_handshake_error (self, result)
                                           : make_receive_error (self, result);
  if (!self->lower_end && self->pull_error == NULL && result != GNUTLS_E_FATAL_ALERT_RECEIVED)
    gnutls_alert_send_appropriate (self->session, result);
  return report (self->failure, error);
}

/* --- what is neither data nor an end --- */

/* TRUE: goes on. Warnings are harmless one by one; a peer that sends nothing else must end. */
static gboolean
count_warning (MsaTlsFilter *self)
{
  return ++self->n_warnings <= MAX_WARNINGS;
}

/* Renegotiation could change who the peer is behind the token's back. */
static void
refuse_renegotiation (MsaTlsFilter *self)
{
  int result;

  /* While a send of data waits to be repeated, nothing may come between. The peer then gets no
   * answer, which the protocol allows (RFC 5246, 7.4.1.1). */
  if (self->send_blocked || self->alert_unsent)
    return;

  result = gnutls_alert_send (self->session, GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION);
  self->alert_unsent = result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED;
}

/* After a call of GnuTLS that brought nothing. TRUE: nothing is wrong. */
static gboolean
pass_over (MsaTlsFilter *self,
           gssize result)
{
  if (result == GNUTLS_E_REHANDSHAKE)
    {
      refuse_renegotiation (self);
      return count_warning (self);
    }
  if (result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED)
    return TRUE;
  return gnutls_error_is_fatal ((int) result) == 0 && count_warning (self);
}

/* --- connecting --- */

/* What was not offered cannot be chosen (RFC 7301, 3.2); GnuTLS takes it. */
static gboolean
note_alpn (MsaTlsFilter *self)
{
  gnutls_datum_t datum;
  gsize i;

  if (gnutls_alpn_get_selected_protocol (self->session, &datum) < 0)
    return TRUE;

  for (i = 0; self->alpn != NULL && self->alpn[i] != NULL; i++)
    if (msa_slice_equal (msa_slice_from_string (self->alpn[i]), msa_slice (datum.data, datum.size)))
      self->chosen = self->alpn[i];
  return self->chosen != NULL;
}

static MsaIo
verify_peer (MsaTlsFilter *self,
             GError **error)
{
  if (!note_alpn (self))
    {
      g_set_error (&self->failure, MSA_ERROR, MSA_ERROR_TLS_HANDSHAKE,
                   "TLS handshake with %s failed: the peer chose a protocol that was not offered",
                   self->host->name);
      gnutls_alert_send (self->session, GNUTLS_AL_FATAL, GNUTLS_A_ILLEGAL_PARAMETER);
      return report (self->failure, error);
    }

  self->verified =
      msa_tls_verify (self->session, self->config, self->host, self->trust, &self->failure);
  if (self->verified == NULL)
    {
      gnutls_alert_send (self->session, GNUTLS_AL_FATAL, GNUTLS_A_BAD_CERTIFICATE);
      return report (self->failure, error);
    }
  return MSA_IO_DONE;
}

static void
drop_empty_input (MsaTlsFilter *self)
{
  if (self->input.len == 0)
    msa_writer_release (&self->input);
}

/* GnuTLS says "again" also when it was given less than it asked for, which is no reason to wait:
 * what is needed may be in the input already. With nothing there, readiness tells of more. */
static MsaIo
shake_hands (MsaTlsFilter *self,
             GError **error)
{
  guint n_turns = 0;
  int result;

  do
    {
      self->blocked = FALSE;
      result = gnutls_handshake (self->session);
      if (result == GNUTLS_E_SUCCESS)
        return verify_peer (self, error);
      if (!pass_over (self, result))
        return fail (self, PHASE_HANDSHAKE, result, error);
    }
  while (!self->blocked && (self->input.len > 0 || ++n_turns < MAX_TURNS));

  return MSA_IO_AGAIN;
}

static MsaIo
tls_connect (MsaFilter *filter,
             gint64 now_us,
             GError **error)
{
  MsaTlsFilter *self = (MsaTlsFilter *) filter;
  MsaIo io;

  if (self->failure != NULL)
    return report (self->failure, error);
  if (self->verified != NULL)
    return MSA_IO_DONE;

  io = shake_hands (self, error);
  drop_empty_input (self);
  return io;
}

/* --- data --- */

/* FALSE, with the error, when no application byte may go through. */
static gboolean
is_open (MsaTlsFilter *self,
         GError **error)
{
  if (self->failure != NULL)
    {
      report (self->failure, error);
      return FALSE;
    }
  if (self->verified == NULL)
    {
      g_set_error (error, MSA_ERROR, MSA_ERROR_INTERNAL, "TLS with %s is not verified yet",
                   self->host->name);
      return FALSE;
    }
  return TRUE;
}

/* A warning that was half sent has to go first: GnuTLS would take its end for that of our data. */
static int
flush_alert (MsaTlsFilter *self)
{
  int result;

  if (!self->alert_unsent)
    return 0;

  result = (int) gnutls_record_send (self->session, NULL, 0);
  if (result >= 0)
    self->alert_unsent = FALSE;
  return result;
}

static MsaIo
tls_send (MsaFilter *filter,
          const guint8 *data,
          gsize len,
          gsize *n_sent,
          GError **error)
{
  MsaTlsFilter *self = (MsaTlsFilter *) filter;
  gssize result;

  if (!is_open (self, error))
    return MSA_IO_ERROR;
  if (self->send_failure != NULL)
    return report (self->send_failure, error);

  result = flush_alert (self);
  if (result >= 0)
    result = gnutls_record_send (self->session, data, len);

  self->send_blocked = result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED;
  if (self->send_blocked)
    return MSA_IO_AGAIN;
  if (result <= 0)
    return fail (self, PHASE_SEND, (int) result, error);

  *n_sent = (gsize) result;
  return MSA_IO_DONE;
}

/* GnuTLS says "again" for a ticket or a new key just as for want of bytes. In the first case no
 * readiness need follow, since what comes next may be in the input already: pending() tells. */
static MsaIo
receive_record (MsaTlsFilter *self,
                guint8 *buffer,
                gsize size,
                gsize *n_read,
                GError **error)
{
  guint n_turns = 0;
  gssize result;

  do
    {
      self->blocked = FALSE;
      result = gnutls_record_recv (self->session, buffer, size);
      if (result > 0)
        {
          *n_read = (gsize) result;
          return MSA_IO_DONE;
        }
      if (result == 0)
        {
          self->ended = TRUE;
          return MSA_IO_END;
        }
      if (!pass_over (self, result))
        return fail (self, PHASE_RECEIVE, (int) result, error);
    }
  while (!self->blocked && ++n_turns < MAX_TURNS);

  return MSA_IO_AGAIN;
}

static MsaIo
tls_recv (MsaFilter *filter,
          guint8 *buffer,
          gsize size,
          gsize *n_read,
          GError **error)
{
  MsaTlsFilter *self = (MsaTlsFilter *) filter;
  MsaIo io;

  if (self->has_held)
    {
      *buffer = self->held;
      *n_read = 1;
      self->has_held = FALSE;
      return MSA_IO_DONE;
    }
  if (self->ended)
    return MSA_IO_END;
  if (!is_open (self, error))
    return MSA_IO_ERROR;

  flush_alert (self);
  io = receive_record (self, buffer, size, n_read, error);
  drop_empty_input (self);
  return io;
}

/* TRUE: what is to be said next is known without the layers below. */
static gboolean
has_news (MsaTlsFilter *self)
{
  return self->has_held || self->ended || (self->failure != NULL && self->verified != NULL);
}

static gboolean
tls_pending (MsaFilter *filter)
{
  MsaTlsFilter *self = (MsaTlsFilter *) filter;

  return has_news (self) || self->input.len > 0 ||
         gnutls_record_check_pending (self->session) > 0 || msa_filter_pending (self->base.next);
}

/* Bytes from below need not be the application's: only what GnuTLS makes of them tells. One
 * byte is taken and kept for the next recv(). */
static gboolean
tls_peek (MsaFilter *filter)
{
  MsaTlsFilter *self = (MsaTlsFilter *) filter;
  gsize n_read = 0;
  MsaIo io;

  if (has_news (self))
    return TRUE;
  if (self->verified == NULL)
    return msa_filter_peek (self->base.next);
  if (!tls_pending (filter) && !msa_filter_peek (self->base.next))
    return FALSE;

  io = receive_record (self, &self->held, 1, &n_read, NULL);
  self->has_held = io == MSA_IO_DONE;
  drop_empty_input (self);
  return io != MSA_IO_AGAIN;
}

static MsaSocketEvents
tls_wants (MsaFilter *filter)
{
  MsaTlsFilter *self = (MsaTlsFilter *) filter;

  if (!self->base.next->connected)
    return msa_filter_wants (self->base.next);
  if (self->verified == NULL)
    return gnutls_record_get_direction (self->session) == 1 ? MSA_SOCKET_OUT : MSA_SOCKET_IN;

  /* For an alert alone nobody would come to send: it goes with the next call. */
  return self->send_blocked ? MSA_SOCKET_OUT : MSA_SOCKET_NONE;
}

static void
tls_shutdown (MsaFilter *filter)
{
  MsaTlsFilter *self = (MsaTlsFilter *) filter;

  if (self->verified != NULL && self->failure == NULL && self->send_failure == NULL)
    gnutls_bye (self->session, GNUTLS_SHUT_WR);
  msa_filter_shutdown (self->base.next);
}

static void
tls_free (MsaFilter *filter)
{
  MsaTlsFilter *self = (MsaTlsFilter *) filter;

  g_clear_pointer (&self->session, gnutls_deinit);
  g_clear_pointer (&self->verified, msa_tls_verified_free);
  g_clear_pointer (&self->trust, msa_trust_unref);
  g_clear_object (&self->config);
  g_clear_pointer (&self->host, msa_host_unref);
  g_strfreev (self->alpn);
  msa_writer_release (&self->input);
  g_clear_error (&self->pull_error);
  g_clear_error (&self->push_error);
  g_clear_error (&self->failure);
  g_clear_error (&self->send_failure);
  g_free (self);
}

static const MsaFilterOps tls_ops = {
  .name = "tls",
  .connect = tls_connect,
  .send = tls_send,
  .recv = tls_recv,
  .pending = tls_pending,
  .peek = tls_peek,
  .wants = tls_wants,
  .shutdown = tls_shutdown,
  .free = tls_free,
};

/* --- making --- */

/* What is taken away from the system's own priorities, so that an administrator's policy is only
 * ever narrowed. The profile asks for 112 bits of security from keys and signatures (RSA of 2048
 * bits). */
static char *
make_priority (MsaTlsConfig *config)
{
  MsaTlsVersion min =
      config != NULL ? msa_tls_config_get_min_version (config) : MSA_TLS_VERSION_AUTO;
  MsaTlsVersion max =
      config != NULL ? msa_tls_config_get_max_version (config) : MSA_TLS_VERSION_AUTO;

  return g_strconcat ("-VERS-SSL3.0:-VERS-TLS1.0:-VERS-TLS1.1:-VERS-DTLS-ALL:%PROFILE_MEDIUM",
                      min == MSA_TLS_VERSION_TLS_1_3 ? ":-VERS-TLS1.2" : "",
                      max == MSA_TLS_VERSION_TLS_1_2 ? ":-VERS-TLS1.3" : "", NULL);
}

static int
offer_alpn (MsaTlsFilter *self)
{
  guint n_protocols = self->alpn != NULL ? g_strv_length (self->alpn) : 0;
  g_autofree gnutls_datum_t *protocols = g_new0 (gnutls_datum_t, n_protocols);
  guint i;

  for (i = 0; i < n_protocols; i++)
    {
      protocols[i].data = (unsigned char *) self->alpn[i];
      protocols[i].size = (unsigned int) strlen (self->alpn[i]);
    }
  return n_protocols == 0 ? 0
                          : gnutls_alpn_set_protocols (self->session, protocols, n_protocols, 0);
}

/* Gives a code of GnuTLS. */
static int
set_up_session (MsaTlsFilter *self)
{
  g_autofree char *priority = make_priority (self->config);
  int result;

  /* Tickets would be of no use: sessions are not resumed. A peer may send them all the same. */
  result = gnutls_init (&self->session,
                        GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS);
  if (result >= 0)
    result = gnutls_set_default_priority_append (self->session, priority, NULL, 0);
  if (result >= 0)
    result = gnutls_credentials_set (self->session, GNUTLS_CRD_CERTIFICATE,
                                     msa_trust_get_credentials (self->trust));
  /* An address is no server name (RFC 6066, 3). */
  if (result >= 0 && self->host->kind == MSA_HOST_NAME)
    result = gnutls_server_name_set (self->session, GNUTLS_NAME_DNS, self->host->name,
                                     self->host->name_len);
  if (result >= 0)
    result = offer_alpn (self);
  if (result < 0)
    return result;

  gnutls_transport_set_ptr (self->session, self);
  gnutls_transport_set_pull_function (self->session, pull_cb);
  gnutls_transport_set_pull_timeout_function (self->session, pull_timeout_cb);
  gnutls_transport_set_vec_push_function (self->session, push_cb);
  return 0;
}

MsaFilter *
msa_tls_filter_new (MsaFilter *next,
                    MsaTrust *trust,
                    MsaTlsConfig *config,
                    MsaHost *host,
                    const char *const *alpn,
                    GError **error)
{
  MsaTlsFilter *self = g_new0 (MsaTlsFilter, 1);
  g_autoptr (MsaFilter) filter = &self->base;
  g_autofree char *text = NULL;
  int result;

  self->base.ops = &tls_ops;
  self->base.next = next;
  self->trust = msa_trust_ref (trust);
  self->host = msa_host_ref (host);
  self->alpn = g_strdupv ((char **) alpn);
  msa_writer_init (&self->input, INPUT_BYTES);
  if (config != NULL)
    {
      self->config = g_object_ref (config);
      if (!msa_tls_config_check (config, error))
        return NULL;
    }

  result = set_up_session (self);
  if (result < 0)
    {
      text = msa_tls_describe (result);
      g_set_error (error, MSA_ERROR, MSA_ERROR_TLS_HANDSHAKE, "TLS with %s cannot be set up: %s",
                   host->name, text);
      return NULL;
    }
  return g_steal_pointer (&filter);
}

const char *
msa_tls_filter_get_alpn (MsaFilter *filter)
{
  return ((MsaTlsFilter *) filter)->chosen;
}
