/* test-tls-trust.c: loading trust stores, and the cache of them
 *
 * The reactor here keeps its tasks until the test runs them, the system hands out files from a
 * table: no disk, no loop, and time is a number.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "msa-test-pki.h"
#include "sim/msa-test-rows.h"
#include "tls/msa-tls-trust-private.h"

#include <gnutls/x509.h>

#define NOW_US 1000000

/* --- the system and the reactor --- */

typedef struct
{
  MsaSys      base;
  const char *path;     /* the one file there is */
  const char *contents;
  gsize       max;      /* what the last read was limited to */
  guint       n_reads;
  guint64     stamp;
  guint       n_stamps;
} Sys;

typedef struct
{
  MsaReactor base;
  Sys        sys;
  GPtrArray *tasks; /* of MsaTask, not yet run */
  guint      n_run;
} Reactor;

static GBytes *
sys_read_file (MsaSys *sys,
               const char *path,
               gsize max,
               GError **error)
{
  Sys *self = (Sys *) sys;

  self->n_reads++;
  self->max = max;
  if (g_strcmp0 (path, self->path) != 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no such file");
      return NULL;
    }
  return g_bytes_new (self->contents, strlen (self->contents));
}

static gboolean
sys_file_stamp (MsaSys *sys,
                const char *path,
                guint64 *stamp)
{
  Sys *self = (Sys *) sys;

  self->n_stamps++;
  *stamp = self->stamp;
  return g_strcmp0 (path, self->path) == 0;
}

static const MsaSysOps sys_ops = { .read_file = sys_read_file, .file_stamp = sys_file_stamp };

static void
reactor_run (MsaReactor *reactor,
             MsaTask *task)
{
  Reactor *self = (Reactor *) reactor;

  self->n_run++;
  g_ptr_array_add (self->tasks, task);
}

static const MsaReactorOps reactor_ops = { .run = reactor_run };

static void
reactor_init (Reactor *self)
{
  *self = (Reactor) { .base.ops = &reactor_ops, .sys.base.ops = &sys_ops };
  self->base.sys = &self->sys.base;
  self->tasks = g_ptr_array_new ();
}

static MsaTask *
take_task (Reactor *self)
{
  g_assert_cmpuint (self->tasks->len, ==, 1);
  return g_ptr_array_steal_index (self->tasks, 0);
}

static void
work (Reactor *self,
      MsaTask *task)
{
  task->job.work (&task->job, &self->sys.base);
}

/* Ends the one task there is. */
static void
settle (Reactor *self,
        gint64 now_us)
{
  MsaTask *task = take_task (self);

  work (self, task);
  task->done (task, &self->base, now_us);
}

static void
reactor_clear (Reactor *self)
{
  g_assert_cmpuint (self->tasks->len, ==, 0);
  g_ptr_array_unref (self->tasks);
}

/* --- a waiter --- */

typedef struct _Waiter Waiter;

struct _Waiter
{
  MsaTrustWaiter base;
  MsaTrust      *trust;   /* (owned) (nullable) */
  GError        *error;   /* (owned) (nullable) */
  guint          n_calls;
  gint64         now_us;
  void (*act) (Waiter *self); /* (nullable): done in the callback */
  MsaTrustCache *cache;  /* what act() needs */
  MsaTlsConfig  *config; /* the same */
  Waiter        *other;  /* the same */
};

static void
waiter_done (MsaTrustWaiter *waiter,
             MsaTrust *trust,
             const GError *error,
             gint64 now_us)
{
  Waiter *self = (Waiter *) waiter;

  g_assert_true ((trust != NULL) != (error != NULL));
  self->n_calls++;
  self->now_us = now_us;
  if (trust != NULL)
    self->trust = msa_trust_ref (trust);
  else
    self->error = g_error_copy (error);
  if (self->act != NULL)
    self->act (self);
}

static Waiter *
waiter_new (void)
{
  Waiter *self = g_new0 (Waiter, 1);

  self->base.done = waiter_done;
  return self;
}

static void
waiter_free (Waiter *self)
{
  g_clear_pointer (&self->trust, msa_trust_unref);
  g_clear_error (&self->error);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Waiter, waiter_free)

static MsaTlsConfig *
config_for_file (const char *path)
{
  return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", path, NULL);
}

static MsaTlsConfig *
config_for_pem (const char *pem)
{
  g_autoptr (GBytes) bytes = g_bytes_new (pem, strlen (pem));

  return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-pem", bytes, NULL);
}

/* --- loading --- */

#define BROKEN_PEM "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

static const struct
{
  const char *name;
  const char *path;        /* asked for; NULL: the contents are given as PEM */
  const char *contents;    /* of "ca.pem" */
  int         code;
  const char *message;
} refusals[] = {
  { "file-missing", "other.pem", "", MSA_ERROR_TLS_TRUST,
    "cannot read the trust file 'other.pem'" },
  { "file-empty", "ca.pem", "", MSA_ERROR_TLS_TRUST_EMPTY,
    "the trust file 'ca.pem' holds no certificate" },
  { "file-without-certificate", "ca.pem", "# nothing\n", MSA_ERROR_TLS_TRUST_EMPTY,
    "the trust file 'ca.pem' holds no certificate" },
  { "file-broken", "ca.pem", BROKEN_PEM, MSA_ERROR_TLS_TRUST,
    "cannot load the trust file 'ca.pem'" },
  { "file-name-not-utf8", "\377.pem", "", MSA_ERROR_TLS_TRUST,
    "cannot read the trust file '\357\277\275.pem'" },
  { "pem-empty", NULL, "", MSA_ERROR_TLS_TRUST_EMPTY,
    "the given PEM holds no certificate" },
  { "pem-broken", NULL, BROKEN_PEM, MSA_ERROR_TLS_TRUST,
    "cannot load the given PEM" },
};

static void
test_refused (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  Sys sys = { .base.ops = &sys_ops, .path = "ca.pem", .contents = refusals[row].contents };
  g_autoptr (GBytes) pem =
      g_bytes_new_static (refusals[row].contents, strlen (refusals[row].contents));
  MsaTlsSettings source = { .ca.file = (char *) refusals[row].path };
  g_autoptr (GError) error = NULL;
  if (source.ca.file == NULL)
    source.ca.pem = pem;

  g_assert_null (msa_trust_load (&sys.base, &source, &error));
  g_assert_error (error, MSA_ERROR, refusals[row].code);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_false (g_str_has_suffix (error->message, "."));
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, refusals[row].message));
}

static guint
count_trusted (MsaTrust *trust)
{
  gnutls_x509_trust_list_iter_t iter = NULL;
  gnutls_x509_trust_list_t list;
  gnutls_x509_crt_t crt;
  guint n = 0;

  gnutls_certificate_get_trust_list (msa_trust_get_credentials (trust), &list);
  while (gnutls_x509_trust_list_iter_get_ca (list, &iter, &crt) == 0)
    {
      gnutls_x509_crt_deinit (crt);
      n++;
    }
  gnutls_x509_trust_list_iter_deinit (iter);
  return n;
}

/* CVE-2019-11324: whom the application chose, and nobody of the system's besides. */
static void
test_file (void)
{
  g_autoptr (MsaTestPki) pki = msa_test_pki_new ();
  Sys sys = { .base.ops = &sys_ops, .path = "ca.pem", .contents = msa_test_pki_ca_pem (pki) };
  MsaTlsSettings source = { .ca.file = (char *) "ca.pem" };
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaTrust) trust = msa_trust_load (&sys.base, &source, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (count_trusted (trust), ==, 1);
  g_assert_cmpuint (sys.max, ==, MSA_MAX_TRUST_BYTES);
}

/* Where there is no store at all, the error has to say so. */
static void
test_system (void)
{
  MsaTlsSettings source = { .ca.file = NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaTrust) trust = msa_trust_load (NULL, &source, &error);

  if (trust != NULL)
    return;

  g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_TRUST);
  g_assert_nonnull (strstr (error->message, "the system's trust store"));
  g_test_skip (error->message);
}

/* --- the cache --- */

typedef struct
{
  Reactor        reactor;
  MsaTestPki    *pki;
  MsaTlsConfig  *config;
  MsaTrustCache *cache;
} Fixture;

static void
set_up (Fixture *self,
        gconstpointer data)
{
  reactor_init (&self->reactor);
  self->pki = msa_test_pki_new ();
  self->reactor.sys.path = "ca.pem";
  self->reactor.sys.contents = msa_test_pki_ca_pem (self->pki);
  self->config = config_for_file ("ca.pem");
  self->cache = msa_trust_cache_new (&self->reactor.base);
}

static void
tear_down (Fixture *self,
           gconstpointer data)
{
  g_clear_pointer (&self->cache, msa_trust_cache_free);
  g_object_unref (self->config);
  msa_test_pki_free (self->pki);
  reactor_clear (&self->reactor);
}

static void
start_waiting (Fixture *self,
               Waiter *waiter)
{
  g_assert_null (msa_trust_cache_start (self->cache, self->config, &waiter->base, NOW_US));
  g_assert_cmpuint (waiter->n_calls, ==, 0);
}

static void
test_single_flight (Fixture *self,
                    gconstpointer data)
{
  g_autoptr (Waiter) first = waiter_new ();
  g_autoptr (Waiter) second = waiter_new ();
  g_autoptr (Waiter) third = waiter_new ();
  g_autoptr (MsaTlsConfig) equal = config_for_file ("ca.pem");
  g_autoptr (MsaTrust) trust = NULL;

  start_waiting (self, first);
  g_assert_null (msa_trust_cache_start (self->cache, equal, &second->base, NOW_US));
  g_assert_cmpuint (self->reactor.n_run, ==, 1);

  settle (&self->reactor, NOW_US + 5);
  g_assert_cmpuint (first->n_calls, ==, 1);
  g_assert_cmpint (first->now_us, ==, NOW_US + 5);
  g_assert_cmpuint (second->n_calls, ==, 1);
  g_assert_nonnull (first->trust);
  g_assert_true (first->trust == second->trust);

  trust = msa_trust_cache_start (self->cache, self->config, &third->base, NOW_US + 6);
  g_assert_true (trust == first->trust);
  g_assert_cmpuint (third->n_calls, ==, 0);
  g_assert_cmpuint (self->reactor.sys.n_reads, ==, 1);
}

static void
test_by_identity (Fixture *self,
                  gconstpointer data)
{
  g_autoptr (Waiter) first = waiter_new ();
  g_autoptr (Waiter) second = waiter_new ();
  g_autoptr (MsaTlsConfig) other = config_for_pem (msa_test_pki_ca_pem (self->pki));

  start_waiting (self, first);
  settle (&self->reactor, NOW_US);
  g_assert_null (msa_trust_cache_start (self->cache, other, &second->base, NOW_US));
  settle (&self->reactor, NOW_US);
  g_assert_nonnull (second->trust);
  g_assert_true (first->trust != second->trust);
  g_assert_cmpuint (self->reactor.sys.n_reads, ==, 1);
}

/* NULL is a configuration, too. */
static void
test_default_config (Fixture *self,
                     gconstpointer data)
{
  g_autoptr (Waiter) first = waiter_new ();
  g_autoptr (Waiter) second = waiter_new ();

  g_assert_null (msa_trust_cache_start (self->cache, NULL, &first->base, NOW_US));
  g_assert_null (msa_trust_cache_start (self->cache, NULL, &second->base, NOW_US));
  settle (&self->reactor, NOW_US);
  g_assert_cmpuint (first->n_calls, ==, 1);
  g_assert_cmpuint (second->n_calls, ==, 1);
  g_assert_true (first->trust == second->trust);
  g_assert_cmpuint (self->reactor.sys.n_reads, ==, 0);
}

/* Asks once more, and settles what has to be looked at for that. */
static MsaTrust *
ask_again (Fixture *self,
           MsaTlsConfig *config,
           gint64 now_us)
{
  g_autoptr (Waiter) waiter = waiter_new ();
  MsaTrust *trust = msa_trust_cache_start (self->cache, config, &waiter->base, now_us);

  if (trust != NULL)
    return trust;

  settle (&self->reactor, now_us);
  g_assert_cmpuint (waiter->n_calls, ==, 1);
  g_assert_no_error (waiter->error);
  return g_steal_pointer (&waiter->trust);
}

static void
test_expires (Fixture *self,
              gconstpointer data)
{
  g_autoptr (MsaTrust) first = ask_again (self, self->config, NOW_US);
  g_autoptr (MsaTrust) second = ask_again (self, self->config, NOW_US + MSA_TRUST_TTL_US - 1);
  g_autoptr (MsaTrust) third = ask_again (self, self->config, NOW_US + MSA_TRUST_TTL_US);

  g_assert_true (second == first);
  g_assert_true (third != first);
  g_assert_cmpuint (self->reactor.sys.n_reads, ==, 2);
}

/* What is in no file is looked at for its age only. */
static void
test_pem_expires (Fixture *self,
                  gconstpointer data)
{
  g_autoptr (MsaTlsConfig) config = config_for_pem (msa_test_pki_ca_pem (self->pki));
  g_autoptr (MsaTrust) first = ask_again (self, config, NOW_US);
  g_autoptr (MsaTrust) second = NULL;
  g_autoptr (MsaTrust) third = NULL;
  guint n_run = self->reactor.n_run;

  second = ask_again (self, config, NOW_US + MSA_TRUST_TTL_US - 1);
  g_assert_true (second == first);
  g_assert_cmpuint (self->reactor.n_run, ==, n_run);
  third = ask_again (self, config, NOW_US + MSA_TRUST_TTL_US);
  g_assert_true (third != first);
}

/* --- files that change --- */

static void
test_file_unchanged (Fixture *self,
                     gconstpointer data)
{
  g_autoptr (MsaTrust) first = ask_again (self, self->config, NOW_US);
  g_autoptr (MsaTrust) second = NULL;
  g_autoptr (MsaTrust) third = NULL;
  guint n_stamps = self->reactor.sys.n_stamps;

  second = ask_again (self, self->config, NOW_US + MSA_TRUST_CHECK_US - 1);
  g_assert_cmpuint (self->reactor.sys.n_stamps, ==, n_stamps);
  third = ask_again (self, self->config, NOW_US + MSA_TRUST_CHECK_US);
  g_assert_cmpuint (self->reactor.sys.n_stamps, ==, n_stamps + 1);
  g_assert_true (second == first);
  g_assert_true (third == first);
  g_assert_cmpuint (self->reactor.sys.n_reads, ==, 1);
}

static void
test_file_changed (Fixture *self,
                   gconstpointer data)
{
  g_autoptr (MsaTestPki) other = msa_test_pki_new ();
  g_autoptr (MsaTrust) first = ask_again (self, self->config, NOW_US);
  g_autoptr (MsaTrust) second = NULL;
  g_autoptr (MsaTrust) third = NULL;

  self->reactor.sys.contents = msa_test_pki_ca_pem (other);
  self->reactor.sys.stamp = 77;
  second = ask_again (self, self->config, NOW_US + MSA_TRUST_CHECK_US);
  g_assert_true (second != first);
  g_assert_cmpstr (msa_trust_get_contents (second), !=, msa_trust_get_contents (first));
  g_assert_cmpuint (self->reactor.sys.n_reads, ==, 2);

  third = ask_again (self, self->config, NOW_US + 2 * MSA_TRUST_CHECK_US);
  g_assert_true (third == second);
  g_assert_cmpuint (self->reactor.sys.n_reads, ==, 2);
}

/* A file that is gone is a fault, whatever was in it; one that comes back is read. */
static void
test_file_gone (Fixture *self,
                gconstpointer data)
{
  g_autoptr (MsaTrust) first = ask_again (self, self->config, NOW_US);
  g_autoptr (MsaTrust) third = NULL;
  g_autoptr (Waiter) second = waiter_new ();
  gint64 now_us = NOW_US + MSA_TRUST_CHECK_US;

  g_assert_nonnull (first);
  self->reactor.sys.path = "elsewhere.pem";
  g_assert_null (msa_trust_cache_start (self->cache, self->config, &second->base, now_us));
  settle (&self->reactor, now_us);
  g_assert_error (second->error, MSA_ERROR, MSA_ERROR_TLS_TRUST);

  self->reactor.sys.path = "ca.pem";
  third = ask_again (self, self->config, now_us);
  g_assert_nonnull (third);
}

/* Who comes while the file is looked at waits as well. */
static void
test_check_single_flight (Fixture *self,
                          gconstpointer data)
{
  g_autoptr (MsaTrust) trust = ask_again (self, self->config, NOW_US);
  g_autoptr (Waiter) first = waiter_new ();
  g_autoptr (Waiter) second = waiter_new ();
  gint64 now_us = NOW_US + MSA_TRUST_TTL_US - 1;

  g_assert_null (msa_trust_cache_start (self->cache, self->config, &first->base, now_us));
  /* By then it would be too old, but is being looked at. */
  g_assert_null (msa_trust_cache_start (self->cache, self->config, &second->base, now_us + 1));
  settle (&self->reactor, now_us + 2);
  g_assert_true (first->trust == trust);
  g_assert_true (second->trust == trust);
}

/* For want of a thread nothing is lost. */
static void
test_check_no_thread (Fixture *self,
                      gconstpointer data)
{
  g_autoptr (MsaTrust) trust = ask_again (self, self->config, NOW_US);
  g_autoptr (Waiter) waiter = waiter_new ();
  gint64 now_us = NOW_US + MSA_TRUST_CHECK_US;
  MsaTask *task;

  g_assert_null (msa_trust_cache_start (self->cache, self->config, &waiter->base, now_us));
  task = take_task (&self->reactor);
  task->job.work = NULL;
  task->done (task, &self->reactor.base, now_us);
  g_assert_true (waiter->trust == trust);
}

static void
test_free_while_checking (Fixture *self,
                          gconstpointer data)
{
  g_autoptr (MsaTrust) trust = ask_again (self, self->config, NOW_US);
  g_autoptr (Waiter) waiter = waiter_new ();

  g_assert_nonnull (trust);
  g_assert_null (msa_trust_cache_start (self->cache, self->config, &waiter->base,
                                        NOW_US + MSA_TRUST_CHECK_US));
  g_clear_pointer (&self->cache, msa_trust_cache_free);
  settle (&self->reactor, NOW_US + MSA_TRUST_CHECK_US);
  g_assert_cmpuint (waiter->n_calls, ==, 0);
}

/* --- how many --- */

static MsaTlsConfig *
config_with_comment (MsaTestPki *pki,
                     guint n)
{
  g_autofree char *pem = g_strdup_printf ("# %u\n%s", n, msa_test_pki_ca_pem (pki));

  return config_for_pem (pem);
}

/* The one that was not asked for the longest time goes. */
static void
test_most (Fixture *self,
           gconstpointer data)
{
  const guint again[] = { 0, MSA_MAX_TRUSTS, 1 };
  guint i, n_run;

  for (i = 0; i < MSA_MAX_TRUSTS; i++)
    {
      g_autoptr (MsaTlsConfig) config = config_with_comment (self->pki, i);
      g_autoptr (MsaTrust) trust = ask_again (self, config, NOW_US + i);

      g_assert_nonnull (trust);
    }
  /* The first is used again, so the second is the oldest. */
  for (i = 0; i < 3; i++)
    {
      g_autoptr (MsaTlsConfig) config = config_with_comment (self->pki, again[i]);
      g_autoptr (MsaTrust) trust = NULL;

      n_run = self->reactor.n_run;
      trust = ask_again (self, config, NOW_US + MSA_MAX_TRUSTS + i);
      g_assert_cmpuint (self->reactor.n_run, ==, i == 0 ? n_run : n_run + 1);
    }
}

/* Whom to verify and how is not the trust's: that would load the system's store for each of
 * them. */
static void
test_policies_share (Fixture *self,
                     gconstpointer data)
{
  const char *const pins[] = { "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", NULL };
  g_autoptr (MsaTlsConfig) lax =
      g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "ca.pem", "verify-chain", FALSE,
                    "verify-name", FALSE, "pinned-keys", pins, NULL);
  g_autoptr (MsaTrust) first = ask_again (self, self->config, NOW_US);
  g_autoptr (MsaTrust) second = ask_again (self, lax, NOW_US);

  g_assert_true (first == second);
}

static void
test_failure_not_kept (Fixture *self,
                       gconstpointer data)
{
  g_autoptr (Waiter) first = waiter_new ();
  g_autoptr (Waiter) second = waiter_new ();
  g_autoptr (Waiter) third = waiter_new ();

  self->reactor.sys.path = "elsewhere.pem";
  start_waiting (self, first);
  start_waiting (self, second);
  settle (&self->reactor, NOW_US);
  g_assert_error (first->error, MSA_ERROR, MSA_ERROR_TLS_TRUST);
  g_assert_error (second->error, MSA_ERROR, MSA_ERROR_TLS_TRUST);

  self->reactor.sys.path = "ca.pem";
  start_waiting (self, third);
  settle (&self->reactor, NOW_US);
  g_assert_nonnull (third->trust);
}

static void
test_no_thread (Fixture *self,
                gconstpointer data)
{
  g_autoptr (Waiter) waiter = waiter_new ();
  MsaTask *task;

  start_waiting (self, waiter);
  task = take_task (&self->reactor);
  task->job.work = NULL;
  task->done (task, &self->reactor.base, NOW_US);
  g_assert_error (waiter->error, MSA_ERROR, MSA_ERROR_TLS_TRUST);
  g_assert_nonnull (strstr (waiter->error->message, "no thread"));
}

static void
test_cancel (Fixture *self,
             gconstpointer data)
{
  g_autoptr (Waiter) first = waiter_new ();
  g_autoptr (Waiter) second = waiter_new ();
  g_autoptr (Waiter) third = waiter_new ();

  start_waiting (self, first);
  start_waiting (self, second);
  start_waiting (self, third);
  msa_trust_cache_cancel (self->cache, &second->base);
  msa_trust_cache_cancel (self->cache, &second->base);
  settle (&self->reactor, NOW_US);
  g_assert_cmpuint (first->n_calls, ==, 1);
  g_assert_cmpuint (second->n_calls, ==, 0);
  g_assert_cmpuint (third->n_calls, ==, 1);

  msa_trust_cache_cancel (self->cache, &first->base);
  g_assert_cmpuint (first->n_calls, ==, 1);
}

/* The load goes on for the next one who asks. */
static void
test_cancel_all (Fixture *self,
                 gconstpointer data)
{
  g_autoptr (Waiter) waiter = waiter_new ();
  g_autoptr (MsaTrust) trust = NULL;

  start_waiting (self, waiter);
  msa_trust_cache_cancel (self->cache, &waiter->base);
  settle (&self->reactor, NOW_US);
  g_assert_cmpuint (waiter->n_calls, ==, 0);
  trust = msa_trust_cache_start (self->cache, self->config, &waiter->base, NOW_US);
  g_assert_nonnull (trust);
}

static void
cancel_other (Waiter *self)
{
  msa_trust_cache_cancel (self->cache, &self->other->base);
}

static void
test_cancel_in_callback (Fixture *self,
                         gconstpointer data)
{
  g_autoptr (Waiter) first = waiter_new ();
  g_autoptr (Waiter) second = waiter_new ();
  g_autoptr (Waiter) third = waiter_new ();

  first->act = cancel_other;
  first->cache = self->cache;
  first->other = second;
  start_waiting (self, first);
  start_waiting (self, second);
  start_waiting (self, third);
  settle (&self->reactor, NOW_US);
  g_assert_cmpuint (first->n_calls, ==, 1);
  g_assert_cmpuint (second->n_calls, ==, 0);
  g_assert_cmpuint (third->n_calls, ==, 1);
}

static void
start_other (Waiter *self)
{
  g_autoptr (MsaTrust) trust =
      msa_trust_cache_start (self->cache, self->config, &self->other->base, NOW_US);

  g_assert_true (trust == self->trust);
}

static void
test_start_in_callback (Fixture *self,
                        gconstpointer data)
{
  g_autoptr (Waiter) first = waiter_new ();
  g_autoptr (Waiter) second = waiter_new ();

  first->act = start_other;
  first->cache = self->cache;
  first->config = self->config;
  first->other = second;
  start_waiting (self, first);
  settle (&self->reactor, NOW_US);
  g_assert_nonnull (first->trust);
  g_assert_cmpuint (second->n_calls, ==, 0);
}

/* After a failure a new load begins, and the one who asked for it is not told of the old one. */
static void
test_start_in_callback_of_failure (Fixture *self,
                                   gconstpointer data)
{
  g_autoptr (Waiter) first = waiter_new ();
  g_autoptr (Waiter) second = waiter_new ();

  self->reactor.sys.path = "elsewhere.pem";
  first->act = start_other;
  first->cache = self->cache;
  first->config = self->config;
  first->other = second;
  start_waiting (self, first);
  settle (&self->reactor, NOW_US);
  g_assert_nonnull (first->error);
  g_assert_cmpuint (second->n_calls, ==, 0);

  self->reactor.sys.path = "ca.pem";
  settle (&self->reactor, NOW_US);
  g_assert_cmpuint (second->n_calls, ==, 1);
  g_assert_nonnull (second->trust);
}

static void
free_cache (Waiter *self)
{
  msa_trust_cache_free (self->cache);
}

static void
test_free_in_callback (Fixture *self,
                       gconstpointer data)
{
  g_autoptr (Waiter) first = waiter_new ();
  g_autoptr (Waiter) second = waiter_new ();

  first->act = free_cache;
  first->cache = self->cache;
  start_waiting (self, first);
  start_waiting (self, second);
  self->cache = NULL;
  settle (&self->reactor, NOW_US);
  g_assert_cmpuint (first->n_calls, ==, 1);
  g_assert_cmpuint (second->n_calls, ==, 0);
  g_assert_nonnull (first->trust);
}

static void
test_free_while_loading (Fixture *self,
                         gconstpointer data)
{
  g_autoptr (Waiter) waiter = waiter_new ();

  start_waiting (self, waiter);
  g_clear_pointer (&self->cache, msa_trust_cache_free);
  settle (&self->reactor, NOW_US);
  g_assert_cmpuint (waiter->n_calls, ==, 0);
}

static gpointer
work_in_thread (gpointer data)
{
  Reactor *reactor = data;
  MsaTask *task = take_task (reactor);

  work (reactor, task);
  task->done (task, NULL, 0);
  return NULL;
}

/* The thread ends after all else has gone. */
static void
test_reactor_gone (Fixture *self,
                   gconstpointer data)
{
  g_autoptr (Waiter) waiter = waiter_new ();

  start_waiting (self, waiter);
  g_clear_pointer (&self->cache, msa_trust_cache_free);
  g_thread_join (g_thread_new ("load", work_in_thread, &self->reactor));
  g_assert_cmpuint (waiter->n_calls, ==, 0);
}

/* A trust outlives its cache. */
static void
test_trust_is_shared (Fixture *self,
                      gconstpointer data)
{
  g_autoptr (Waiter) waiter = waiter_new ();

  start_waiting (self, waiter);
  settle (&self->reactor, NOW_US);
  g_clear_pointer (&self->cache, msa_trust_cache_free);
  g_assert_nonnull (msa_trust_get_credentials (waiter->trust));
}

#define ADD(path, func) g_test_add ("/msa/tls-trust/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  MSA_TEST_ADD_NUMBERED ("/msa/tls-trust/load/refuses", refusals, test_refused);
  g_test_add_func ("/msa/tls-trust/load/file", test_file);
  g_test_add_func ("/msa/tls-trust/load/system", test_system);
  ADD ("cache/single-flight", test_single_flight);
  ADD ("cache/by-identity", test_by_identity);
  ADD ("cache/default-config", test_default_config);
  ADD ("cache/expires", test_expires);
  ADD ("cache/pem-expires", test_pem_expires);
  ADD ("cache/file/unchanged", test_file_unchanged);
  ADD ("cache/file/changed", test_file_changed);
  ADD ("cache/file/gone", test_file_gone);
  ADD ("cache/file/single-flight", test_check_single_flight);
  ADD ("cache/file/no-thread", test_check_no_thread);
  ADD ("cache/file/free-while-checking", test_free_while_checking);
  ADD ("cache/most", test_most);
  ADD ("cache/policies-share", test_policies_share);
  ADD ("cache/failure-not-kept", test_failure_not_kept);
  ADD ("cache/no-thread", test_no_thread);
  ADD ("cache/cancel", test_cancel);
  ADD ("cache/cancel-all", test_cancel_all);
  ADD ("cache/cancel-in-callback", test_cancel_in_callback);
  ADD ("cache/start-in-callback", test_start_in_callback);
  ADD ("cache/start-in-callback-of-failure", test_start_in_callback_of_failure);
  ADD ("cache/free-in-callback", test_free_in_callback);
  ADD ("cache/free-while-loading", test_free_while_loading);
  ADD ("cache/reactor-gone", test_reactor_gone);
  ADD ("cache/trust-outlives-cache", test_trust_is_shared);
  return g_test_run ();
}
