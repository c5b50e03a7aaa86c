/* msa-tls-config.c: how TLS is to be spoken and whom to trust
 *
 * Immutable once made, so one object may serve many transfers and threads. Nothing is
 * read or parsed here: files, PEM and tokens are the business of tls/, off the loop. What
 * the settings mean together is in msa-tls-settings.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-tls-config-private.h"

#include "msa-enum-types.h"

/**
 * MsaTlsConfig:
 *
 * How TLS is to be spoken and whom to trust.
 *
 * The guide to [TLS](tls.html) shows the uses.
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
 * Transfers whose configurations differ never share a connection or a TLS session; two
 * objects with equal properties count as the same. Files count by name: when one is
 * changed, connections made from then on use the new contents, and those made before stay
 * what they were.
 *
 * A client certificate and its key come from PEM files, from PEM in memory, from a
 * PKCS#11 token named by a URI, or from a [class@Gio.TlsCertificate]:
 *
 * ```c
 * config = g_object_new (MSA_TYPE_TLS_CONFIG,
 *                        "certificate-file", "/etc/me.pem",
 *                        "key-file", "pkcs11:token=card;object=me",
 *                        "key-password", pin,
 *                        NULL);
 * ```
 *
 * Faults that show without looking into a file end a transfer with
 * `MSA_ERROR_INVALID_ARGUMENT`, as a client certificate without its key. What only shows
 * when files are read has codes of its own: `MSA_ERROR_TLS_TRUST`,
 * `MSA_ERROR_TLS_TRUST_EMPTY`, `MSA_ERROR_TLS_CLIENT_CERTIFICATE` and
 * `MSA_ERROR_TLS_PASSWORD`. Files and tokens are read by a thread.
 *
 * The secrets of connections are written to the file that the environment variable
 * `SSLKEYLOGFILE` names, for use by Wireshark and the like. GnuTLS does so, looks at the
 * variable once, and ignores it in a program that runs with more rights than its caller.
 *
 * Since: 1.0
 */
struct _MsaTlsConfig
{
  GObject parent_instance;

  MsaTlsSettings   settings;
  GTlsCertificate *certificate; /* (owned) (nullable): what of it counts is in the settings */
  gboolean         key_from_object; /* the settings' key came with @certificate */

  char *identity;       /* (owned): set once constructed */
  char *trust_identity; /* (owned): the same */
};

G_DEFINE_TYPE (MsaTlsConfig, msa_tls_config, G_TYPE_OBJECT)

typedef enum
{
  PROP_CA_FILE = 1,
  PROP_CA_PEM,
  PROP_CERTIFICATE_FILE,
  PROP_CERTIFICATE_PEM,
  PROP_CERTIFICATE,
  PROP_KEY_FILE,
  PROP_KEY_PEM,
  PROP_KEY_PASSWORD,
  PROP_PINNED_KEYS,
  PROP_PINNED_KEY_FILE,
  PROP_PRIORITY,
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
  const MsaTlsSettings *settings = &self->settings;

  switch ((MsaTlsConfigProperty) id)
    {
    case PROP_CA_FILE:
      g_value_set_string (value, settings->ca.file);
      break;
    case PROP_CA_PEM:
      g_value_set_boxed (value, settings->ca.pem);
      break;
    case PROP_CERTIFICATE_FILE:
      g_value_set_string (value, msa_tls_config_get_certificate_file (self));
      break;
    case PROP_CERTIFICATE_PEM:
      g_value_set_boxed (value, msa_tls_config_get_certificate_pem (self));
      break;
    case PROP_CERTIFICATE:
      g_value_set_object (value, self->certificate);
      break;
    case PROP_KEY_FILE:
      g_value_set_string (value, msa_tls_config_get_key_file (self));
      break;
    case PROP_PINNED_KEYS:
      g_value_set_boxed (value, settings->pinned_keys);
      break;
    case PROP_PINNED_KEY_FILE:
      g_value_set_string (value, settings->pinned_key.file);
      break;
    case PROP_PRIORITY:
      g_value_set_string (value, settings->priority);
      break;
    case PROP_MIN_VERSION:
      g_value_set_enum (value, settings->min_version);
      break;
    case PROP_MAX_VERSION:
      g_value_set_enum (value, settings->max_version);
      break;
    case PROP_VERIFY_CHAIN:
      g_value_set_boolean (value, settings->verify_chain);
      break;
    case PROP_VERIFY_NAME:
      g_value_set_boolean (value, settings->verify_name);
      break;
    case PROP_KEY_PEM:
    case PROP_KEY_PASSWORD:
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
  MsaTlsSettings *settings = &self->settings;

  switch ((MsaTlsConfigProperty) id)
    {
    case PROP_CA_FILE:
      settings->ca.file = g_value_dup_string (value);
      break;
    case PROP_CA_PEM:
      settings->ca.pem = g_value_dup_boxed (value);
      break;
    case PROP_CERTIFICATE_FILE:
      settings->certificate.file = g_value_dup_string (value);
      break;
    case PROP_CERTIFICATE_PEM:
      settings->certificate.pem = g_value_dup_boxed (value);
      break;
    case PROP_CERTIFICATE:
      self->certificate = g_value_dup_object (value);
      break;
    case PROP_KEY_FILE:
      settings->key.file = g_value_dup_string (value);
      break;
    case PROP_KEY_PEM:
      settings->key.pem = g_value_dup_boxed (value);
      break;
    case PROP_KEY_PASSWORD:
      settings->key_password = g_value_dup_string (value);
      break;
    case PROP_PINNED_KEYS:
      settings->pinned_keys = g_value_dup_boxed (value);
      break;
    case PROP_PINNED_KEY_FILE:
      settings->pinned_key.file = g_value_dup_string (value);
      break;
    case PROP_PRIORITY:
      settings->priority = g_value_dup_string (value);
      break;
    case PROP_MIN_VERSION:
      settings->min_version = g_value_get_enum (value);
      break;
    case PROP_MAX_VERSION:
      settings->max_version = g_value_get_enum (value);
      break;
    case PROP_VERIFY_CHAIN:
      settings->verify_chain = g_value_get_boolean (value);
      break;
    case PROP_VERIFY_NAME:
      settings->verify_name = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
msa_tls_config_constructed (GObject *object)
{
  MsaTlsConfig *self = MSA_TLS_CONFIG (object);

  if (self->certificate != NULL)
    self->key_from_object =
        msa_tls_settings_take_certificate (&self->settings, self->certificate);
  self->identity = msa_tls_settings_identify (&self->settings);
  self->trust_identity = msa_tls_settings_identify_trust (&self->settings);

  G_OBJECT_CLASS (msa_tls_config_parent_class)->constructed (object);
}

static void
msa_tls_config_finalize (GObject *object)
{
  MsaTlsConfig *self = MSA_TLS_CONFIG (object);

  msa_tls_settings_clear (&self->settings);
  g_clear_object (&self->certificate);
  g_free (self->identity);
  g_free (self->trust_identity);

  G_OBJECT_CLASS (msa_tls_config_parent_class)->finalize (object);
}

static void
install_trust_properties (GParamFlags flags)
{
  /**
   * MsaTlsConfig:ca-file: (type filename) (getter get_ca_file)
   *
   * A file with the certificates to trust, in PEM.
   *
   * It takes the place of the system's trust store. It is read at the first need, by a
   * thread, and again when it was changed; a transfer ends with `MSA_ERROR_TLS_TRUST` if
   * that fails, and with `MSA_ERROR_TLS_TRUST_EMPTY` if there is no certificate in it. By
   * default %NULL.
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

  /**
   * MsaTlsConfig:pinned-keys: (getter get_pinned_keys)
   *
   * The public keys one of which the peer has to have, by their digests.
   *
   * Each is `sha256//` and the Base64 of the SHA-256 of the key's SubjectPublicKeyInfo, as
   * in curl. They are checked besides chain and name, and also where those are not checked.
   * Another key ends a transfer with `MSA_ERROR_TLS_PIN`, and no handler can let it pass. By
   * default %NULL: any key.
   *
   * Since: 1.0
   */
  props[PROP_PINNED_KEYS] = g_param_spec_boxed ("pinned-keys", NULL, NULL, G_TYPE_STRV, flags);

  /**
   * MsaTlsConfig:pinned-key-file: (type filename) (getter get_pinned_key_file)
   *
   * A file with a public key or a certificate, in PEM or DER, whose key the peer has to have.
   *
   * It is one more of [property@TlsConfig:pinned-keys]. A transfer ends with
   * `MSA_ERROR_TLS_TRUST` if it cannot be read. By default %NULL.
   *
   * Since: 1.0
   */
  props[PROP_PINNED_KEY_FILE] = g_param_spec_string ("pinned-key-file", NULL, NULL, NULL, flags);
}

static void
install_client_properties (GParamFlags flags)
{
  /**
   * MsaTlsConfig:certificate-file: (type filename) (getter get_certificate_file)
   *
   * The client's certificate: a file in PEM, or a PKCS#11 URI.
   *
   * Certificates of authorities that lead to it may follow in the file. A text that begins
   * with `pkcs11:` names an object of a token. [property@TlsConfig:key-file] may be the
   * same file. By default %NULL: a peer that asks for a certificate gets none.
   *
   * A peer is shown the certificate only when its own has been verified.
   *
   * Since: 1.0
   */
  props[PROP_CERTIFICATE_FILE] = g_param_spec_string ("certificate-file", NULL, NULL, NULL, flags);

  /**
   * MsaTlsConfig:certificate-pem: (getter get_certificate_pem)
   *
   * The client's certificate, in PEM.
   *
   * As [property@TlsConfig:certificate-file], in memory. By default %NULL.
   *
   * Since: 1.0
   */
  props[PROP_CERTIFICATE_PEM] =
      g_param_spec_boxed ("certificate-pem", NULL, NULL, G_TYPE_BYTES, flags);

  /**
   * MsaTlsConfig:certificate: (getter get_certificate)
   *
   * The client's certificate and, if it holds one, its key.
   *
   * The certificates of its issuers come along. By default %NULL.
   *
   * Since: 1.0
   */
  props[PROP_CERTIFICATE] =
      g_param_spec_object ("certificate", NULL, NULL, G_TYPE_TLS_CERTIFICATE, flags);

  /**
   * MsaTlsConfig:key-file: (type filename) (getter get_key_file)
   *
   * The key of the client's certificate: a file in PEM, or a PKCS#11 URI.
   *
   * A transfer ends with `MSA_ERROR_TLS_CLIENT_CERTIFICATE` if it cannot be read, or does not
   * belong to the certificate. By default %NULL.
   *
   * Since: 1.0
   */
  props[PROP_KEY_FILE] = g_param_spec_string ("key-file", NULL, NULL, NULL, flags);

  /**
   * MsaTlsConfig:key-pem:
   *
   * The key of the client's certificate, in PEM.
   *
   * It can be set, and not be read back. By default %NULL.
   *
   * Since: 1.0
   */
  props[PROP_KEY_PEM] =
      g_param_spec_boxed ("key-pem", NULL, NULL, G_TYPE_BYTES, flags & ~G_PARAM_READABLE);

  /**
   * MsaTlsConfig:key-password:
   *
   * The password of the client's key, or the PIN of the token that it lies on.
   *
   * It can be set, and not be read back. If it is wrong or missing, handlers of
   * [signal@Easy::key-password] are asked; where there are none, a transfer ends with
   * `MSA_ERROR_TLS_PASSWORD`. By default %NULL.
   *
   * Since: 1.0
   */
  props[PROP_KEY_PASSWORD] =
      g_param_spec_string ("key-password", NULL, NULL, NULL, flags & ~G_PARAM_READABLE);
}

static void
install_protocol_properties (GParamFlags flags)
{
  /**
   * MsaTlsConfig:priority: (getter get_priority)
   *
   * A priority string of GnuTLS: which ciphers, groups and signatures are offered.
   *
   * If it begins with `+`, `-`, `!` or `%`, it changes the default priorities; else it takes
   * their place, with their demands on the strength of keys. The versions of TLS are narrowed
   * by [property@TlsConfig:min-version] and [property@TlsConfig:max-version] whatever it
   * says. Transfers end with `MSA_ERROR_INVALID_ARGUMENT` if it cannot be understood; the
   * message says at which position. By default %NULL.
   *
   * Since: 1.0
   */
  props[PROP_PRIORITY] = g_param_spec_string ("priority", NULL, NULL, NULL, flags);

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

  install_trust_properties (flags);
  install_client_properties (flags);
  install_protocol_properties (flags);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (props), props);
}

static void
msa_tls_config_init (MsaTlsConfig *self)
{
  msa_tls_settings_init (&self->settings);
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

  return self->settings.ca.file;
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

  return self->settings.ca.pem;
}

/**
 * msa_tls_config_get_certificate_file: (get-property certificate-file)
 * @self: the configuration
 *
 * Gets where the client's certificate is.
 *
 * Returns: (nullable) (transfer none) (type filename): a file's name or a PKCS#11 URI, %NULL if
 *   none is set
 *
 * Since: 1.0
 */
const char *
msa_tls_config_get_certificate_file (MsaTlsConfig *self)
{
  g_return_val_if_fail (MSA_IS_TLS_CONFIG (self), NULL);

  return self->certificate == NULL ? self->settings.certificate.file : NULL;
}

/**
 * msa_tls_config_get_certificate_pem: (get-property certificate-pem)
 * @self: the configuration
 *
 * Gets the client's certificate in PEM.
 *
 * Returns: (nullable) (transfer none): the certificate, %NULL if it is not given in this form
 *
 * Since: 1.0
 */
GBytes *
msa_tls_config_get_certificate_pem (MsaTlsConfig *self)
{
  g_return_val_if_fail (MSA_IS_TLS_CONFIG (self), NULL);

  return self->certificate == NULL ? self->settings.certificate.pem : NULL;
}

/**
 * msa_tls_config_get_certificate: (get-property certificate)
 * @self: the configuration
 *
 * Gets the client's certificate as an object.
 *
 * Returns: (nullable) (transfer none): the certificate, %NULL if it is not given in this form
 *
 * Since: 1.0
 */
GTlsCertificate *
msa_tls_config_get_certificate (MsaTlsConfig *self)
{
  g_return_val_if_fail (MSA_IS_TLS_CONFIG (self), NULL);

  return self->certificate;
}

/**
 * msa_tls_config_get_key_file: (get-property key-file)
 * @self: the configuration
 *
 * Gets where the key of the client's certificate is.
 *
 * Returns: (nullable) (transfer none) (type filename): a file's name or a PKCS#11 URI, %NULL if
 *   none is set
 *
 * Since: 1.0
 */
const char *
msa_tls_config_get_key_file (MsaTlsConfig *self)
{
  g_return_val_if_fail (MSA_IS_TLS_CONFIG (self), NULL);

  return self->key_from_object ? NULL : self->settings.key.file;
}

/**
 * msa_tls_config_get_pinned_keys: (get-property pinned-keys)
 * @self: the configuration
 *
 * Gets the digests of the keys one of which the peer has to have.
 *
 * Returns: (nullable) (transfer none) (array zero-terminated=1): the digests, %NULL if any key
 *   will do
 *
 * Since: 1.0
 */
const char *const *
msa_tls_config_get_pinned_keys (MsaTlsConfig *self)
{
  g_return_val_if_fail (MSA_IS_TLS_CONFIG (self), NULL);

  return (const char *const *) self->settings.pinned_keys;
}

/**
 * msa_tls_config_get_pinned_key_file: (get-property pinned-key-file)
 * @self: the configuration
 *
 * Gets the file with a key that the peer has to have.
 *
 * Returns: (nullable) (transfer none) (type filename): the file's name, %NULL if none is set
 *
 * Since: 1.0
 */
const char *
msa_tls_config_get_pinned_key_file (MsaTlsConfig *self)
{
  g_return_val_if_fail (MSA_IS_TLS_CONFIG (self), NULL);

  return self->settings.pinned_key.file;
}

/**
 * msa_tls_config_get_priority: (get-property priority)
 * @self: the configuration
 *
 * Gets the priority string.
 *
 * Returns: (nullable) (transfer none): the string, %NULL for the default priorities
 *
 * Since: 1.0
 */
const char *
msa_tls_config_get_priority (MsaTlsConfig *self)
{
  g_return_val_if_fail (MSA_IS_TLS_CONFIG (self), NULL);

  return self->settings.priority;
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

  return self->settings.min_version;
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

  return self->settings.max_version;
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

  return self->settings.verify_chain;
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

  return self->settings.verify_name;
}

const char *
msa_tls_config_get_identity (MsaTlsConfig *self)
{
  return self->identity;
}

const char *
msa_tls_config_get_trust_identity (MsaTlsConfig *self)
{
  return self->trust_identity;
}

const MsaTlsSettings *
msa_tls_config_get_settings (MsaTlsConfig *self)
{
  return &self->settings;
}

gboolean
msa_tls_config_check (MsaTlsConfig *self,
                      GError **error)
{
  return msa_tls_settings_check (&self->settings, error);
}
