/* msa-tls-config.c: how TLS is to be spoken and whom to trust
 *
 * Immutable once made, so one object may serve many transfers and threads. Nothing is
 * read or parsed here: files and PEM are the business of tls/msa-tls-trust.c, off
 * the loop.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-tls-config-private.h"

#include "model/msa-error.h"
#include "msa-enum-types.h"

/**
 * MsaTlsConfig:
 *
 * How TLS is to be spoken and whom to trust.
 *
 * By default the peer's certificate is verified against the system's trust store
 * and against the name of the host, and TLS 1.2 and later are spoken. All properties
 * are set when the object is made and stay as they are, so that one object can be
 * shared by many transfers:
 *
 * ```c
 * g_autoptr (MsaTlsConfig) config = g_object_new (MSA_TYPE_TLS_CONFIG,
 *                                                 "ca-file", "/etc/my-ca.pem",
 *                                                 "min-version", MSA_TLS_VERSION_TLS_1_3,
 *                                                 NULL);
 * ```
 *
 * Transfers whose configurations differ never share a connection; two objects
 * with equal properties count as the same.
 *
 * Since: 1.0
 */
struct _MsaTlsConfig
{
  GObject parent_instance;

  char *ca_file; /* (owned) (nullable) (type filename) */
  GBytes *ca_pem; /* (owned) (nullable) */
  MsaTlsVersion min_version;
  MsaTlsVersion max_version;
  gboolean verify_chain;
  gboolean verify_name;

  char *identity; /* (owned): set once constructed */
};

G_DEFINE_TYPE (MsaTlsConfig, msa_tls_config, G_TYPE_OBJECT)

typedef enum
{
  PROP_CA_FILE = 1,
  PROP_CA_PEM,
  PROP_MIN_VERSION,
  PROP_MAX_VERSION,
  PROP_VERIFY_CHAIN,
  PROP_VERIFY_NAME,
} MsaTlsConfigProperty;

static GParamSpec *props[PROP_VERIFY_NAME + 1];

static void
msa_tls_config_get_property (GObject *object,
                             guint id,
                             GValue *value,
                             GParamSpec *pspec)
{
  MsaTlsConfig *self = MSA_TLS_CONFIG (object);

  switch ((MsaTlsConfigProperty) id)
    {
    case PROP_CA_FILE:
      g_value_set_string (value, self->ca_file);
      break;
    case PROP_CA_PEM:
      g_value_set_boxed (value, self->ca_pem);
      break;
    case PROP_MIN_VERSION:
      g_value_set_enum (value, self->min_version);
      break;
    case PROP_MAX_VERSION:
      g_value_set_enum (value, self->max_version);
      break;
    case PROP_VERIFY_CHAIN:
      g_value_set_boolean (value, self->verify_chain);
      break;
    case PROP_VERIFY_NAME:
      g_value_set_boolean (value, self->verify_name);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

/* All are construct-only: each is set once, before constructed(). */
static void
msa_tls_config_set_property (GObject *object,
                             guint id,
                             const GValue *value,
                             GParamSpec *pspec)
{
  MsaTlsConfig *self = MSA_TLS_CONFIG (object);

  switch ((MsaTlsConfigProperty) id)
    {
    case PROP_CA_FILE:
      self->ca_file = g_value_dup_string (value);
      break;
    case PROP_CA_PEM:
      self->ca_pem = g_value_dup_boxed (value);
      break;
    case PROP_MIN_VERSION:
      self->min_version = g_value_get_enum (value);
      break;
    case PROP_MAX_VERSION:
      self->max_version = g_value_get_enum (value);
      break;
    case PROP_VERIFY_CHAIN:
      self->verify_chain = g_value_get_boolean (value);
      break;
    case PROP_VERIFY_NAME:
      self->verify_name = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

/* The file's name comes last and PEM counts by its digest, so that no content can look
 * like another part. A file counts by name: when it changes, the trust store is
 * read anew, and connections made before stay what they were. */
static void
msa_tls_config_constructed (GObject *object)
{
  MsaTlsConfig *self = MSA_TLS_CONFIG (object);
  g_autofree gchar *digest = NULL;

  if (self->ca_pem != NULL)
    digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, self->ca_pem);

  self->identity = g_strdup_printf ("min=%d max=%d chain=%d name=%d pem=%s file%s%s",
                                    (int) self->min_version, (int) self->max_version,
                                    self->verify_chain, self->verify_name,
                                    digest != NULL ? digest : "none",
                                    self->ca_file != NULL ? "=" : "",
                                    self->ca_file != NULL ? self->ca_file : "");

  G_OBJECT_CLASS (msa_tls_config_parent_class)->constructed (object);
}

static void
msa_tls_config_finalize (GObject *object)
{
  MsaTlsConfig *self = MSA_TLS_CONFIG (object);

  g_free (self->ca_file);
  g_clear_pointer (&self->ca_pem, g_bytes_unref);
  g_free (self->identity);

  G_OBJECT_CLASS (msa_tls_config_parent_class)->finalize (object);
}

static void
msa_tls_config_class_init (MsaTlsConfigClass *klass)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = msa_tls_config_get_property;
  object_class->set_property = msa_tls_config_set_property;
  object_class->constructed = msa_tls_config_constructed;
  object_class->finalize = msa_tls_config_finalize;

  /**
   * MsaTlsConfig:ca-file: (type filename) (getter get_ca_file)
   *
   * A file with the certificates to trust, in PEM.
   *
   * It takes the place of the system's trust store. It is read at the first need, by a
   * thread; a transfer ends with `MSA_ERROR_TLS_TRUST` if that fails. By default
   * %NULL.
   *
   * Since: 1.0
   */
  props[PROP_CA_FILE] = g_param_spec_string ("ca-file", NULL, NULL, NULL, flags);

  /**
   * MsaTlsConfig:ca-pem: (getter get_ca_pem)
   *
   * The certificates to trust, in PEM.
   *
   * They take the place of the system's trust store. A transfer ends with
   * `MSA_ERROR_TLS_TRUST` if they cannot be parsed, and with
   * `MSA_ERROR_INVALID_ARGUMENT` if [property@TlsConfig:ca-file] is set too. By default %NULL.
   *
   * Since: 1.0
   */
  props[PROP_CA_PEM] = g_param_spec_boxed ("ca-pem", NULL, NULL, G_TYPE_BYTES, flags);

  /**
   * MsaTlsConfig:min-version: (getter get_min_version)
   *
   * The lowest version of TLS to speak.
   *
   * By default `MSA_TLS_VERSION_AUTO`, which is TLS 1.2. Transfers end with
   * `MSA_ERROR_INVALID_ARGUMENT` if it is above [property@TlsConfig:max-version].
   *
   * Since: 1.0
   */
  props[PROP_MIN_VERSION] = g_param_spec_enum ("min-version", NULL, NULL, MSA_TYPE_TLS_VERSION,
                                               MSA_TLS_VERSION_AUTO, flags);

  /**
   * MsaTlsConfig:max-version: (getter get_max_version)
   *
   * The highest version of TLS to speak.
   *
   * By default `MSA_TLS_VERSION_AUTO`, which is the highest one known.
   *
   * Since: 1.0
   */
  props[PROP_MAX_VERSION] = g_param_spec_enum ("max-version", NULL, NULL, MSA_TYPE_TLS_VERSION,
                                               MSA_TLS_VERSION_AUTO, flags);

  /**
   * MsaTlsConfig:verify-chain: (getter get_verify_chain)
   *
   * Whether the peer's certificate has to lead to a trusted one.
   *
   * Without it anybody between can read and change what is transferred. By default %TRUE.
   *
   * Since: 1.0
   */
  props[PROP_VERIFY_CHAIN] = g_param_spec_boolean ("verify-chain", NULL, NULL, TRUE, flags);

  /**
   * MsaTlsConfig:verify-name: (getter get_verify_name)
   *
   * Whether the peer's certificate has to be made out to the host.
   *
   * Without it the owner of any trusted certificate can pose as the host. By default %TRUE.
   *
   * Since: 1.0
   */
  props[PROP_VERIFY_NAME] = g_param_spec_boolean ("verify-name", NULL, NULL, TRUE, flags);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (props), props);
}

static void
msa_tls_config_init (MsaTlsConfig *self)
{
}

/**
 * msa_tls_config_new:
 *
 * Makes a configuration that trusts the system's certificates.
 *
 * It does what a transfer without a configuration does.
 *
 * Returns: (transfer full): the configuration
 *
 * Since: 1.0
 */
MsaTlsConfig *
msa_tls_config_new (void)
{
  return g_object_new (MSA_TYPE_TLS_CONFIG, NULL);
}

/**
 * msa_tls_config_new_for_ca_file:
 * @path: (type filename): a file with certificates in PEM
 *
 * Makes a configuration that trusts the certificates in a file, and no others.
 *
 * See [property@TlsConfig:ca-file].
 *
 * Returns: (transfer full): the configuration
 *
 * Since: 1.0
 */
MsaTlsConfig *
msa_tls_config_new_for_ca_file (const char *path)
{
  g_return_val_if_fail (path != NULL, NULL);

  return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", path, NULL);
}

/**
 * msa_tls_config_get_ca_file: (get-property ca-file)
 * @self: the configuration
 *
 * Gets the file with the certificates to trust.
 *
 * Returns: (nullable) (transfer none) (type filename): the file's name, %NULL if none is set
 *
 * Since: 1.0
 */
const char *
msa_tls_config_get_ca_file (MsaTlsConfig *self)
{
  g_return_val_if_fail (MSA_IS_TLS_CONFIG (self), NULL);

  return self->ca_file;
}

/**
 * msa_tls_config_get_ca_pem: (get-property ca-pem)
 * @self: the configuration
 *
 * Gets the certificates to trust.
 *
 * Returns: (nullable) (transfer none): the certificates in PEM, %NULL if none are set
 *
 * Since: 1.0
 */
GBytes *
msa_tls_config_get_ca_pem (MsaTlsConfig *self)
{
  g_return_val_if_fail (MSA_IS_TLS_CONFIG (self), NULL);

  return self->ca_pem;
}

/**
 * msa_tls_config_get_min_version: (get-property min-version)
 * @self: the configuration
 *
 * Gets the lowest version of TLS to speak.
 *
 * Returns: the version
 *
 * Since: 1.0
 */
MsaTlsVersion
msa_tls_config_get_min_version (MsaTlsConfig *self)
{
  g_return_val_if_fail (MSA_IS_TLS_CONFIG (self), MSA_TLS_VERSION_AUTO);

  return self->min_version;
}

/**
 * msa_tls_config_get_max_version: (get-property max-version)
 * @self: the configuration
 *
 * Gets the highest version of TLS to speak.
 *
 * Returns: the version
 *
 * Since: 1.0
 */
MsaTlsVersion
msa_tls_config_get_max_version (MsaTlsConfig *self)
{
  g_return_val_if_fail (MSA_IS_TLS_CONFIG (self), MSA_TLS_VERSION_AUTO);

  return self->max_version;
}

/**
 * msa_tls_config_get_verify_chain: (get-property verify-chain)
 * @self: the configuration
 *
 * Gets whether the peer's certificate has to lead to a trusted one.
 *
 * Returns: %TRUE if it has to
 *
 * Since: 1.0
 */
gboolean
msa_tls_config_get_verify_chain (MsaTlsConfig *self)
{
  g_return_val_if_fail (MSA_IS_TLS_CONFIG (self), TRUE);

  return self->verify_chain;
}

/**
 * msa_tls_config_get_verify_name: (get-property verify-name)
 * @self: the configuration
 *
 * Gets whether the peer's certificate has to be made out to the host.
 *
 * Returns: %TRUE if it has to
 *
 * Since: 1.0
 */
gboolean
msa_tls_config_get_verify_name (MsaTlsConfig *self)
{
  g_return_val_if_fail (MSA_IS_TLS_CONFIG (self), TRUE);

  return self->verify_name;
}

const char *
msa_tls_config_get_identity (MsaTlsConfig *self)
{
  return self->identity;
}

gboolean
msa_tls_config_check (MsaTlsConfig *self,
                      GError **error)
{
  if (self->ca_file != NULL && self->ca_pem != NULL)
    {
      g_set_error_literal (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT,
                           "TLS configuration has both a file and PEM to trust");
      return FALSE;
    }

  /* AUTO as the lower end is the lowest one there is; as the upper, the highest. */
  if (self->max_version != MSA_TLS_VERSION_AUTO && self->min_version > self->max_version)
    {
      g_set_error_literal (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT,
                           "TLS configuration has a lowest version above its highest");
      return FALSE;
    }
  return TRUE;
}
