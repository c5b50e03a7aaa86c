/* msa-tls-session-store.c: TLS sessions that later connections resume
 *
 * The object around msa-tls-sessions.c. May be used from several threads.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-tls-session-store-private.h"

/**
 * MsaTlsSessionStore:
 *
 * TLS sessions that later connections resume.
 *
 * A connection that resumes a session needs no certificates and fewer signatures: it is
 * made faster, and costs both sides less. The store may be shared by several multis, also
 * of several threads; what it holds is lost with it.
 *
 * A session is kept only after its peer was verified, and never if a handler let the peer
 * pass against a doubt. It is resumed only with the same host and port, in the same
 * place (origin or proxy), under an equal [class@TlsConfig] with the same contents of
 * its files, and the peer's certificates are verified again then.
 *
 * Sessions of TLS 1.3 are used once and live for seven days at most, those of TLS 1.2 for a
 * day, and none outlives the certificates of its peer. The store holds 512 of them, four for
 * one peer; the oldest go first.
 *
 * Since: 1.0
 */
struct _MsaTlsSessionStore
{
  GObject parent_instance;

  MsaTlsSessions *sessions; /* (owned) */
};

G_DEFINE_TYPE (MsaTlsSessionStore, msa_tls_session_store, G_TYPE_OBJECT)

static void
msa_tls_session_store_finalize (GObject *object)
{
  MsaTlsSessionStore *self = MSA_TLS_SESSION_STORE (object);

  msa_tls_sessions_unref (self->sessions);

  G_OBJECT_CLASS (msa_tls_session_store_parent_class)->finalize (object);
}

static void
msa_tls_session_store_class_init (MsaTlsSessionStoreClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = msa_tls_session_store_finalize;
}

static void
msa_tls_session_store_init (MsaTlsSessionStore *self)
{
  self->sessions = msa_tls_sessions_new ();
}

/**
 * msa_tls_session_store_new:
 *
 * Makes a store without sessions.
 *
 * Returns: (transfer full): the store
 *
 * Since: 1.0
 */
MsaTlsSessionStore *
msa_tls_session_store_new (void)
{
  return g_object_new (MSA_TYPE_TLS_SESSION_STORE, NULL);
}

/**
 * msa_tls_session_store_get_n_sessions:
 * @self: the store
 *
 * Gets how many sessions are held, those included whose time is over.
 *
 * May be called from any thread.
 *
 * Returns: the number
 *
 * Since: 1.0
 */
guint
msa_tls_session_store_get_n_sessions (MsaTlsSessionStore *self)
{
  g_return_val_if_fail (MSA_IS_TLS_SESSION_STORE (self), 0);

  return msa_tls_sessions_count (self->sessions);
}

/**
 * msa_tls_session_store_clear:
 * @self: the store
 *
 * Lets all sessions go, so that the next connections begin anew.
 *
 * May be called from any thread.
 *
 * Since: 1.0
 */
void
msa_tls_session_store_clear (MsaTlsSessionStore *self)
{
  g_return_if_fail (MSA_IS_TLS_SESSION_STORE (self));

  msa_tls_sessions_clear (self->sessions);
}

MsaTlsSessions *
msa_tls_session_store_get_sessions (MsaTlsSessionStore *self)
{
  return self->sessions;
}
