/* msa-easy.c: one transfer, its settings and its results
 *
 * Holds the settings, of which each run takes a snapshot, and the last run, whose results it
 * shows. The options' properties and accessors are generated (model/options.toml), signals are
 * msa-easy-signals.c; running is the multi's (msa-multi.c) and the engine's.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy.h"

#include "engine/msa-engine-private.h"
#include "msa-easy-options-private.h"
#include "msa-easy-private.h"
#include "msa-enum-types.h"
#include "msa-multi-private.h"

/**
 * MsaEasy:
 *
 * One transfer: its settings, and the results of its last run.
 *
 * An easy is added to a [class@Multi], which runs it. It can run any number of times, one after the
 * other; a setting that is changed during a run counts from the next run on. Results stay
 * until the next run begins.
 *
 * It belongs to the thread of the multi it is added to.
 *
 * - What is asked for: [property@Easy:uri], [property@Easy:method],
 *   [method@Easy.get_request_headers], [method@Easy.set_body].
 * - Where the response's body goes: into the memory, if nothing else is said;
 *   [method@Easy.set_write_func], [method@Easy.set_output_stream],
 *   [method@Easy.set_output_file]. [property@Easy:max-body-bytes] limits it.
 * - How long it may take: [property@Easy:timeout-ms] for all, and a clock for each part. Only
 *   connecting is limited by default, to 30 seconds.
 * - What came: [property@Easy:status], [method@Easy.get_response_headers],
 *   [method@Easy.get_body], [method@Easy.get_error], [property@Easy:timings].
 * - Meanwhile: [signal@Easy::headers], [signal@Easy::data], [signal@Easy::progress],
 *   [method@Easy.pause], [method@Easy.resume]; and at the end [signal@Easy::completed].
 *
 * ```c
 * g_autoptr (MsaEasy) easy = msa_easy_new ("https://example.org/");
 *
 * g_signal_connect (easy, "completed", G_CALLBACK (completed_cb), NULL);
 * msa_multi_add (multi, easy, NULL);
 * ```
 *
 * Since: 1.0
 */
G_DEFINE_TYPE (MsaEasy, msa_easy, G_TYPE_OBJECT)

typedef enum
{
  PROP_STATE = 1,
  PROP_STATUS,
  PROP_REASON_PHRASE,
  PROP_RESPONSE_VERSION,
  PROP_RESPONSE_HEADERS,
  PROP_BODY,
  PROP_CONTENT_LENGTH,
  PROP_BYTES_RECEIVED,
  PROP_BYTES_SENT,
  PROP_EFFECTIVE_URI,
  PROP_REMOTE_ADDRESS,
  PROP_TIMINGS,
  PROP_PEER_CERTIFICATE,
  PROP_PEER_ERRORS,
  FIRST_OPTION,
} MsaEasyProperty;

static GParamSpec *props[FIRST_OPTION];

/* Settings */

const MsaSettings *
msa_easy_peek_settings (MsaEasy *self)
{
  return self->settings;
}

MsaSettings *
msa_easy_edit_settings (MsaEasy *self)
{
  g_clear_pointer (&self->filled, msa_settings_unref);

  return msa_settings_edit (&self->settings);
}

/* The list of headers is changed behind our back: its serial tells. */
static void
take_headers (MsaEasy *self)
{
  MsaSettings *settings;
  guint serial;

  if (self->request_headers == NULL)
    return;
  serial = msa_headers_get_serial (self->request_headers);
  if (serial == self->headers_serial)
    return;

  settings = msa_easy_edit_settings (self);
  g_clear_pointer (&settings->headers, msa_headers_unref);
  settings->headers = msa_headers_copy (self->request_headers);
  self->headers_serial = serial;
}

static void
take_trailers (MsaEasy *self)
{
  MsaSettings *settings;

  if (self->request_trailers == NULL ||
      msa_headers_get_serial (self->request_trailers) == self->trailers_serial)
    return;

  settings = msa_easy_edit_settings (self);
  g_clear_pointer (&settings->trailers, msa_headers_unref);
  if (msa_headers_get_length (self->request_trailers) > 0)
    settings->trailers = msa_headers_copy (self->request_trailers);
  self->trailers_serial = msa_headers_get_serial (self->request_trailers);
}

MsaSettings *
msa_easy_take_snapshot (MsaEasy *self,
                        MsaTlsConfig *tls_config)
{
  take_headers (self);
  take_trailers (self);
  if (tls_config == NULL || self->settings->tls_config != NULL)
    return self->settings;

  if (self->filled == NULL || self->filled_with != tls_config)
    {
      g_clear_pointer (&self->filled, msa_settings_unref);
      self->filled = msa_settings_copy (self->settings);
      g_set_object (&self->filled->tls_config, tls_config);
      self->filled_with = tls_config;
    }

  return self->filled;
}

MsaMembership *
msa_easy_get_membership (MsaEasy *self)
{
  return &self->membership;
}

void
msa_easy_notify_state (MsaEasy *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STATE]);
}

/* The class */

static void
msa_easy_get_property (GObject *object,
                       guint id,
                       GValue *value,
                       GParamSpec *pspec)
{
  MsaEasy *self = MSA_EASY (object);

  switch ((MsaEasyProperty) id)
    {
    case PROP_STATE:
      g_value_set_enum (value, msa_easy_get_state (self));
      break;
    case PROP_STATUS:
      g_value_set_uint (value, msa_easy_get_status (self));
      break;
    case PROP_REASON_PHRASE:
      g_value_set_string (value, msa_easy_get_reason_phrase (self));
      break;
    case PROP_RESPONSE_VERSION:
      g_value_set_enum (value, msa_easy_get_response_version (self));
      break;
    case PROP_RESPONSE_HEADERS:
      g_value_set_boxed (value, msa_easy_get_response_headers (self));
      break;
    case PROP_BODY:
      g_value_set_boxed (value, msa_easy_get_body (self));
      break;
    case PROP_CONTENT_LENGTH:
      g_value_set_int64 (value, msa_easy_get_content_length (self));
      break;
    case PROP_BYTES_RECEIVED:
      g_value_set_uint64 (value, msa_easy_get_bytes_received (self));
      break;
    case PROP_BYTES_SENT:
      g_value_set_uint64 (value, msa_easy_get_bytes_sent (self));
      break;
    case PROP_EFFECTIVE_URI:
      g_value_take_string (value, msa_easy_dup_effective_uri (self));
      break;
    case PROP_REMOTE_ADDRESS:
      g_value_take_string (value, msa_easy_dup_remote_address (self));
      break;
    case PROP_TIMINGS:
      g_value_take_boxed (value, msa_easy_get_timings (self));
      break;
    case PROP_PEER_CERTIFICATE:
      g_value_take_object (value, msa_easy_dup_peer_certificate (self));
      break;
    case PROP_PEER_ERRORS:
      g_value_set_flags (value, msa_easy_get_peer_errors (self));
      break;
    case FIRST_OPTION:
    default:
      if (!msa_easy_options_get_property (self, id, value, pspec))
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
    }
}

static void
msa_easy_set_property (GObject *object,
                       guint id,
                       const GValue *value,
                       GParamSpec *pspec)
{
  if (!msa_easy_options_set_property (MSA_EASY (object), id, value, pspec))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
msa_easy_dispose (GObject *object)
{
  MsaEasy *self = MSA_EASY (object);

  /* A multi holds its easies: this one was disposed of by force. */
  if (self->membership.multi != NULL)
    msa_multi_remove (self->membership.multi, self);
  g_clear_object (&self->own_multi);
  msa_easy_clear_output (self);

  G_OBJECT_CLASS (msa_easy_parent_class)->dispose (object);
}

static void
msa_easy_finalize (GObject *object)
{
  MsaEasy *self = MSA_EASY (object);

  g_clear_pointer (&self->membership.transfer, msa_transfer_unref);
  g_clear_pointer (&self->filled, msa_settings_unref);
  msa_settings_unref (self->settings);
  g_clear_pointer (&self->request_headers, msa_headers_unref);
  g_clear_pointer (&self->request_trailers, msa_headers_unref);

  G_OBJECT_CLASS (msa_easy_parent_class)->finalize (object);
}

static void
install_results (GObjectClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  /**
   * MsaEasy:state:
   *
   * How far the current run has come. Notified when it ends.
   *
   * Since: 1.0
   */
  props[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, MSA_TYPE_EASY_STATE,
                                         MSA_EASY_IDLE, flags);
  /**
   * MsaEasy:status:
   *
   * The status of the response (RFC 9110, section 15); 0 until there is one.
   *
   * Since: 1.0
   */
  props[PROP_STATUS] = g_param_spec_uint ("status", NULL, NULL, 0, 999, 0, flags);
  /**
   * MsaEasy:reason-phrase:
   *
   * What the peer wrote behind the status; %NULL if it wrote nothing.
   *
   * Since: 1.0
   */
  props[PROP_REASON_PHRASE] = g_param_spec_string ("reason-phrase", NULL, NULL, NULL, flags);
  /**
   * MsaEasy:response-version:
   *
   * The version of HTTP that the response was written in; %MSA_HTTP_VERSION_AUTO until there is
   * one.
   *
   * Since: 1.0
   */
  props[PROP_RESPONSE_VERSION] =
      g_param_spec_enum ("response-version", NULL, NULL, MSA_TYPE_HTTP_VERSION,
                         MSA_HTTP_VERSION_AUTO, flags);
  /**
   * MsaEasy:response-headers:
   *
   * The fields of the final response; %NULL until they came. From
   * [signal@Easy::headers] on they can be read.
   *
   * Since: 1.0
   */
  props[PROP_RESPONSE_HEADERS] =
      g_param_spec_boxed ("response-headers", NULL, NULL, MSA_TYPE_HEADERS, flags);
  /**
   * MsaEasy:body:
   *
   * The body of the response, where it is kept in memory; %NULL until the run has succeeded.
   *
   * Since: 1.0
   */
  props[PROP_BODY] = g_param_spec_boxed ("body", NULL, NULL, G_TYPE_BYTES, flags);
  /**
   * MsaEasy:content-length:
   *
   * The length of the response's body as announced, in bytes; -1 while it is unknown.
   *
   * Since: 1.0
   */
  props[PROP_CONTENT_LENGTH] =
      g_param_spec_int64 ("content-length", NULL, NULL, -1, G_MAXINT64, -1, flags);
  /**
   * MsaEasy:bytes-received:
   *
   * How much of the response's body came in, in bytes. Not notified: see
   * [signal@Easy::progress].
   *
   * Since: 1.0
   */
  props[PROP_BYTES_RECEIVED] =
      g_param_spec_uint64 ("bytes-received", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  /**
   * MsaEasy:bytes-sent:
   *
   * How much of the request's body was sent, in bytes. Not notified: see
   * [signal@Easy::progress].
   *
   * Since: 1.0
   */
  props[PROP_BYTES_SENT] = g_param_spec_uint64 ("bytes-sent", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  /**
   * MsaEasy:effective-uri: (getter dup_effective_uri)
   *
   * The URI that the response came from, normalised, without user and password.
   *
   * Since: 1.0
   */
  props[PROP_EFFECTIVE_URI] = g_param_spec_string ("effective-uri", NULL, NULL, NULL, flags);
  /**
   * MsaEasy:remote-address: (getter dup_remote_address)
   *
   * The address that the request was sent to.
   *
   * Since: 1.0
   */
  props[PROP_REMOTE_ADDRESS] = g_param_spec_string ("remote-address", NULL, NULL, NULL, flags);
  /**
   * MsaEasy:timings: (getter get_timings)
   *
   * When what happened in the last run, as far as it has come.
   *
   * Since: 1.0
   */
  props[PROP_TIMINGS] = g_param_spec_boxed ("timings", NULL, NULL, MSA_TYPE_TIMINGS, flags);
  /**
   * MsaEasy:peer-certificate: (getter dup_peer_certificate)
   *
   * The certificate of the peer, where GIO has a TLS backend.
   *
   * Since: 1.0
   */
  props[PROP_PEER_CERTIFICATE] =
      g_param_spec_object ("peer-certificate", NULL, NULL, G_TYPE_TLS_CERTIFICATE, flags);
  /**
   * MsaEasy:peer-errors:
   *
   * What spoke against the certificate of the peer; none if nothing did, or without TLS.
   *
   * Since: 1.0
   */
  props[PROP_PEER_ERRORS] =
      g_param_spec_flags ("peer-errors", NULL, NULL, G_TYPE_TLS_CERTIFICATE_FLAGS,
                          G_TLS_CERTIFICATE_NO_FLAGS, flags);

  g_object_class_install_properties (klass, FIRST_OPTION, props);
}

static void
msa_easy_class_init (MsaEasyClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = msa_easy_get_property;
  object_class->set_property = msa_easy_set_property;
  object_class->dispose = msa_easy_dispose;
  object_class->finalize = msa_easy_finalize;
  install_results (object_class);
  msa_easy_options_install (object_class, FIRST_OPTION);
  msa_easy_install_signals (object_class);
}

static void
msa_easy_init (MsaEasy *self)
{
  self->settings = msa_settings_new ();
  self->membership.link.data = self;
}

/* Making and copying */

/**
 * msa_easy_new:
 * @uri: (nullable): what to transfer, see [property@Easy:uri]
 *
 * Makes an easy with default settings.
 *
 * Returns: (transfer full): the easy
 *
 * Since: 1.0
 */
MsaEasy *
msa_easy_new (const char *uri)
{
  MsaEasy *self = g_object_new (MSA_TYPE_EASY, NULL);

  if (uri != NULL)
    msa_easy_set_uri (self, uri);

  return self;
}

/**
 * msa_easy_copy:
 * @self: the easy
 *
 * Makes an easy with the same settings, request headers and body included.
 *
 * Results, where the response's body goes, and signal handlers are not copied.
 *
 * Returns: (transfer full): the copy
 *
 * Since: 1.0
 */
MsaEasy *
msa_easy_copy (MsaEasy *self)
{
  MsaEasy *copy;

  g_return_val_if_fail (MSA_IS_EASY (self), NULL);

  take_headers (self);
  take_trailers (self);
  copy = g_object_new (MSA_TYPE_EASY, NULL);
  msa_settings_unref (copy->settings);
  copy->settings = msa_settings_copy (self->settings);
  if (self->request_headers != NULL)
    {
      copy->request_headers = msa_headers_copy (self->request_headers);
      copy->headers_serial = msa_headers_get_serial (copy->request_headers);
    }
  if (self->request_trailers != NULL)
    {
      copy->request_trailers = msa_headers_copy (self->request_trailers);
      copy->trailers_serial = msa_headers_get_serial (copy->request_trailers);
    }

  return copy;
}

static void
reset_options (MsaEasy *self)
{
  guint n;
  g_autofree GParamSpec **all = g_object_class_list_properties (G_OBJECT_GET_CLASS (self), &n);

  for (guint i = 0; i < n; i++)
    if ((all[i]->flags & G_PARAM_WRITABLE) != 0)
      g_object_set_property (G_OBJECT (self), all[i]->name,
                             g_param_spec_get_default_value (all[i]));
}

/**
 * msa_easy_reset:
 * @self: the easy
 *
 * Gives all settings their defaults, clears request headers, trailers and body, and has the
 * response's body kept in memory again.
 *
 * A run that is under way goes on as it was started; results stay until the next run.
 *
 * Since: 1.0
 */
void
msa_easy_reset (MsaEasy *self)
{
  g_return_if_fail (MSA_IS_EASY (self));

  /* What is let go of may be the application's, and drop the easy. */
  g_object_ref (self);
  g_object_freeze_notify (G_OBJECT (self));
  if (self->request_headers != NULL)
    msa_headers_clear (self->request_headers);
  if (self->request_trailers != NULL)
    msa_headers_clear (self->request_trailers);
  reset_options (self);
  take_headers (self);
  take_trailers (self);
  msa_easy_set_body (self, NULL, NULL);
  msa_easy_clear_output (self);
  g_object_thaw_notify (G_OBJECT (self));
  g_object_unref (self);
}

/* The request */

/**
 * msa_easy_get_request_headers:
 * @self: the easy
 *
 * The fields that are sent with each request, to be changed in place.
 *
 * A field set here replaces one that libmsa would send of itself. `Content-Length` and
 * `Transfer-Encoding` are libmsa's alone: a run with one of them ends with
 * %MSA_ERROR_INVALID_ARGUMENT. `Expect` is left out in HTTP/1.0, see
 * [property@Easy:expect-timeout-ms].
 *
 * Returns: (transfer none): the list
 *
 * Since: 1.0
 */
MsaHeaders *
msa_easy_get_request_headers (MsaEasy *self)
{
  g_return_val_if_fail (MSA_IS_EASY (self), NULL);

  if (self->request_headers == NULL)
    {
      self->request_headers = msa_headers_new ();
      self->headers_serial = msa_headers_get_serial (self->request_headers);
    }

  return self->request_headers;
}

/* The run */

/**
 * msa_easy_pause:
 * @self: the easy
 * @directions: which to pause
 *
 * Stops receiving or sending until [method@Easy.resume]. What was read already is kept.
 *
 * Harmless when the easy does not run. The total timeout goes on.
 *
 * Since: 1.0
 */
void
msa_easy_pause (MsaEasy *self,
                MsaDirections directions)
{
  g_return_if_fail (MSA_IS_EASY (self));

  if (self->membership.multi != NULL)
    msa_multi_pause (self->membership.multi, self, directions);
}

/**
 * msa_easy_resume:
 * @self: the easy
 * @directions: which to resume
 *
 * Goes on after [method@Easy.pause], or after a write function that answered
 * %MSA_WRITE_PAUSE, with the next dispatch.
 *
 * Since: 1.0
 */
void
msa_easy_resume (MsaEasy *self,
                 MsaDirections directions)
{
  g_return_if_fail (MSA_IS_EASY (self));

  if (self->membership.multi != NULL)
    msa_multi_resume (self->membership.multi, self, directions);
}

/**
 * msa_easy_run_sync:
 * @self: the easy
 * @cancellable: (nullable): to cancel
 * @error: return location for an error
 *
 * Runs the easy and blocks until it has ended.
 *
 * The easy keeps its connections for its next synchronous run. Gives any error of [error@Error]
 * that a transfer can end with, and %MSA_ERROR_ALREADY_ADDED while the easy is in a multi.
 *
 * Returns: %TRUE if it succeeded; a status of 400 or more is no failure
 *
 * Since: 1.0
 */
gboolean
msa_easy_run_sync (MsaEasy *self,
                   GCancellable *cancellable,
                   GError **error)
{
  g_autoptr (MsaMulti) multi = NULL;
  gboolean done;

  g_return_val_if_fail (MSA_IS_EASY (self), FALSE);

  if (self->own_multi == NULL)
    self->own_multi = msa_multi_new ();

  /* A handler may drop or dispose of either. */
  g_object_ref (self);
  multi = g_object_ref (self->own_multi);
  done = msa_multi_run_until_done (multi, self, cancellable, error);
  g_object_unref (self);

  return done;
}
