/* msa-hop.c: one request, worked out from the settings
 *
 * The one place where settings are checked before use: what passes here goes to the wire.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "engine/msa-hop-private.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "model/msa-tls-config-private.h"
#include "net/msa-socket-private.h"
#include "proto/http1/msa-http1-quote-private.h"

static const char *const idempotent_methods[] = { "GET", "HEAD", "OPTIONS", "TRACE",
                                                  "DELETE", "PUT", NULL };

static void
hop_free (gpointer data)
{
  MsaHop *self = data;

  g_clear_pointer (&self->url, msa_url_unref);
  g_clear_pointer (&self->key, msa_conn_key_unref);
  g_clear_pointer (&self->endpoint, msa_endpoint_unref);
  g_free (self);
}

static MsaSlice
slice_or_none (const char *text)
{
  return text == NULL ? msa_slice ("", 0) : msa_slice_from_string (text);
}

/* A 2xx to CONNECT is followed by the bytes of a tunnel, whatever its fields say (RFC 9110, 9.3.6).
 * Nobody could have these, and read as a response they would leave the connection out of step.
 * Servers may be lax about case. */
static gboolean
check_method (MsaSlice method,
              GError **error)
{
  g_autofree gchar *quoted = NULL;
  gboolean is_connect = msa_slice_equal_ci (method, MSA_SLICE ("CONNECT"));

  if (msa_is_token (method) && !is_connect)
    return TRUE;

  quoted = msa_http1_quote (method);
  g_set_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT,
               is_connect ? "The method %s would open a tunnel, which a transfer cannot use"
                          : "The method %s is not a token of RFC 9110, section 5.6.2",
               quoted);
  return FALSE;
}

static gboolean
check_value (const char *name,
             MsaSlice value,
             GError **error)
{
  if (msa_is_field_value (value))
    return TRUE;

  g_set_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT,
               "The value of %s has a control character, which RFC 9110, section 5.5 forbids",
               name);
  return FALSE;
}

static gboolean
check_target (MsaSlice target,
              GError **error)
{
  for (gsize i = 0; i < target.len; i++)
    {
      guint8 byte = (guint8) target.data[i];

      if (byte > 0x20 && byte < 0x7f)
        continue;
      g_set_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT,
                   "The request target has the byte 0x%02x at %" G_GSIZE_FORMAT
                   ": only visible ASCII can be sent",
                   byte, i);
      return FALSE;
    }
  if (target.len > 0)
    return TRUE;

  g_set_error_literal (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT,
                       "The request target is empty");
  return FALSE;
}

/* The length is the source's to tell: a file's is not known before it was opened. */
static void
fill_body (MsaRequest *request,
           const MsaSettings *settings,
           const char *method)
{
  const MsaBody *body = settings->body;

  request->content_type = slice_or_none (body->content_type);
  /* As curl does, and as forms have it; a PUT says nothing of its type, nor does what is not in
   * memory. */
  if (body->content_type == NULL && body->kind == MSA_BODY_BYTES && strcmp (method, "POST") == 0)
    request->content_type = MSA_SLICE ("application/x-www-form-urlencoded");
  request->trailers = settings->trailers;
}

static gboolean
fill_request (MsaRequest *request,
              const MsaSettings *settings,
              const MsaUrl *url,
              GError **error)
{
  const char *method = settings->body != NULL ? "POST" : "GET";

  if (settings->method != NULL)
    method = settings->method;
  request->method = msa_slice_from_string (method);
  request->target = msa_slice_from_string (
      settings->request_target != NULL ? settings->request_target : url->target);
  request->authority = msa_slice_from_string (url->authority);
  request->headers = settings->headers;
  request->user_agent = slice_or_none (settings->user_agent);
  request->referer = slice_or_none (settings->referer);
  request->has_body = settings->body != NULL;
  request->version = settings->http_version;
  request->allow_http09 = settings->allow_http09;
  request->keep_sending = settings->keep_sending_on_error;
  if (request->has_body)
    fill_body (request, settings, method);

  return check_method (request->method, error) && check_target (request->target, error) &&
         check_value ("user-agent", request->user_agent, error) &&
         check_value ("referer", request->referer, error) &&
         check_value ("the content type", request->content_type, error);
}

static gboolean
check_settings (const MsaSettings *settings,
                GError **error)
{
  const char *overlong;
  MsaLocalEnd local;

  if (settings->uri == NULL)
    {
      g_set_error_literal (error, MSA_ERROR, MSA_ERROR_BAD_URI, "No URI was set");
      return FALSE;
    }

  overlong = msa_settings_find_overlong (settings, MSA_MAX_OPTION_BYTES);
  if (overlong != NULL)
    {
      const gboolean is_uri = strcmp (overlong, "uri") == 0;

      g_set_error (error, MSA_ERROR, is_uri ? MSA_ERROR_BAD_URI : MSA_ERROR_INVALID_ARGUMENT,
                   "The value of %s is longer than %d bytes", overlong, MSA_MAX_OPTION_BYTES);
      return FALSE;
    }

  return msa_local_end_read (&local, settings, error) &&
         (settings->tls_config == NULL || msa_tls_config_check (settings->tls_config, error));
}

static MsaHop *
make_first (const MsaSettings *settings,
            GError **error)
{
  MsaHop *self;
  MsaUrl *url;

  if (!check_settings (settings, error))
    return NULL;
  url = msa_url_parse_with_scheme (settings->uri, settings->default_scheme,
                                   settings->path_as_is ? MSA_URL_PATH_AS_IS : MSA_URL_DEFAULT,
                                   error);
  if (url == NULL)
    return NULL;

  self = g_new0 (MsaHop, 1);
  self->url = url;
  self->endpoint = msa_endpoint_new (url, settings, error);
  if (self->endpoint == NULL || !fill_request (&self->request, settings, url, error))
    {
      hop_free (self);
      return NULL;
    }
  self->key = msa_conn_key_new (url, settings);
  self->is_head = msa_slice_equal (self->request.method, MSA_SLICE ("HEAD"));
  self->is_idempotent = g_strv_contains (idempotent_methods, self->request.method.data);

  return self;
}

const MsaHop *
msa_hop_get_first (MsaSettings *settings,
                   GError **error)
{
  if (settings->plan == NULL)
    {
      settings->plan = make_first (settings, error);
      settings->plan_free = hop_free;
    }

  return settings->plan;
}
