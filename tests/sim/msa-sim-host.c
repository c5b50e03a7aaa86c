/* msa-sim-host.c: names, jobs, files and environment of the simulation
 *
 * A job's work is done at once; its end comes when the virtual time that it took has
 * passed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "sim/msa-sim-private.h"

#include "net/msa-sys-real-private.h"

#include <errno.h>
#include <gio/gio.h>
#include <netdb.h>

/* Index by family. */
enum
{
  HOST_IPV4,
  HOST_IPV6,
  HOST_N_FAMILIES,
};

typedef struct
{
  GArray *addresses; /* (owned) (element-type MsaAddress) */
  int code; /* EAI_*; 0: the addresses are the answer */
  gint64 delay_us;
} SimAnswer;

typedef struct
{
  SimAnswer answers[HOST_N_FAMILIES];
} SimHost;

static void
free_host (SimHost *host)
{
  for (guint i = 0; i < HOST_N_FAMILIES; i++)
    g_array_unref (host->answers[i].addresses);
  g_free (host);
}

void
sim_hosts_init (MsaSim *self)
{
  self->hosts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                       (GDestroyNotify) free_host);
  self->files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                       (GDestroyNotify) g_bytes_unref);
  self->environment = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->interfaces = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_queue_init (&self->jobs);
}

void
sim_hosts_clear (MsaSim *self)
{
  g_hash_table_unref (self->hosts);
  g_hash_table_unref (self->files);
  g_hash_table_unref (self->environment);
  g_hash_table_unref (self->interfaces);
}

static SimHost *
reset_host (MsaSim *self,
            const char *name,
            int code,
            gint64 delay_us)
{
  SimHost *host = g_new0 (SimHost, 1);

  for (guint i = 0; i < HOST_N_FAMILIES; i++)
    {
      host->answers[i].addresses = g_array_new (FALSE, FALSE, sizeof (MsaAddress));
      host->answers[i].code = code;
      host->answers[i].delay_us = delay_us;
    }
  g_hash_table_replace (self->hosts, g_strdup (name), host);
  return host;
}

static guint
index_of_family (int family)
{
  return family == AF_INET6 ? HOST_IPV6 : HOST_IPV4;
}

static void
add_address (SimHost *host,
             const char *text)
{
  MsaAddress address = sim_parse_address (text, 0);
  SimAnswer *answer = &host->answers[index_of_family (address.addr.ss_family)];

  g_array_append_val (answer->addresses, address);
  answer->code = 0;
}

void
msa_sim_add_host_address (MsaSim *self,
                          const char *name,
                          const char *address)
{
  SimHost *host = g_hash_table_lookup (self->hosts, name);

  add_address (host != NULL ? host : reset_host (self, name, EAI_NODATA, 0), address);
}

void
msa_sim_set_host (MsaSim *self,
                  const char *name,
                  gint64 delay_us,
                  ...)
{
  SimHost *host = reset_host (self, name, EAI_NODATA, delay_us);
  const char *text;
  va_list args;

  va_start (args, delay_us);
  while ((text = va_arg (args, const char *)) != NULL)
    add_address (host, text);
  va_end (args);
}

void
msa_sim_set_host_error (MsaSim *self,
                        const char *name,
                        int code,
                        gint64 delay_us)
{
  reset_host (self, name, code, delay_us);
}

void
msa_sim_set_host_family (MsaSim *self,
                         const char *name,
                         int family,
                         int code,
                         gint64 delay_us)
{
  SimHost *host = g_hash_table_lookup (self->hosts, name);
  SimAnswer *answer;

  if (host == NULL)
    host = reset_host (self, name, EAI_NONAME, 0);
  answer = &host->answers[index_of_family (family)];
  answer->code = code;
  answer->delay_us = delay_us;
}

/* There are no descriptors left, where the cause is the system's. */
static int
fail_look_up (int code)
{
  errno = EMFILE;

  return code;
}

int
sim_look_up (MsaSys *sys,
             MsaJob *job,
             const char *name,
             int family,
             GArray *addresses)
{
  MsaSim *self = (MsaSim *) sys;
  const SimHost *host = g_hash_table_lookup (self->hosts, name);
  const SimAnswer *answer;

  if (!sim_enter (self, SIM_OP_look_up))
    return fail_look_up (errno);
  if (host == NULL)
    return EAI_NONAME;

  answer = &host->answers[index_of_family (family)];
  job->duration_us += answer->delay_us;
  if (answer->code == 0)
    g_array_append_vals (addresses, answer->addresses->data, answer->addresses->len);
  return fail_look_up (answer->code);
}

/* As the real one does. */
int
sim_ask_resolver (MsaSys *sys,
                  MsaJob *job,
                  GResolver *resolver,
                  const char *name,
                  int family,
                  GArray *addresses,
                  char **reason)
{
  MsaSim *self = (MsaSim *) sys;

  if (!sim_enter (self, SIM_OP_ask_resolver))
    {
      *reason = g_strdup ("The resolver does not work");
      return errno;
    }

  job->duration_us += self->resolver_delay_us;
  return msa_sys_real_ask_resolver (sys, job, resolver, name, family, addresses, reason);
}

void
msa_sim_set_resolver_delay (MsaSim *self,
                            gint64 delay_us)
{
  self->resolver_delay_us = delay_us;
}

void
msa_sim_set_job_delay (MsaSim *self,
                       gint64 delay_us)
{
  self->job_delay_us = delay_us;
}

typedef struct
{
  MsaSim *sim; /* (unowned) */
  MsaJob *job; /* (owned): until finished */
  SimEvent *event; /* (unowned) */
} SimJob;

static void
finish_job (MsaSim *sim,
            gpointer data)
{
  SimJob *running = data;

  g_queue_remove (&sim->jobs, running);
  running->job->finished (running->job);
}

gboolean
sim_run_job (MsaSys *sys,
             MsaJob *job,
             GError **error)
{
  MsaSim *self = (MsaSim *) sys;
  SimJob *running;

  if (!sim_enter (self, SIM_OP_run_job))
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
                   "Starting a thread failed: %s", g_strerror (errno));
      return FALSE;
    }

  running = g_new0 (SimJob, 1);
  running->sim = self;
  self->progress++;
  running->job = job;
  job->work (job, sys);
  running->event = sim_schedule (self, self->now_us + job->duration_us + self->job_delay_us,
                                 finish_job, running, g_free);
  g_queue_push_tail (&self->jobs, running);
  return TRUE;
}

void
sim_jobs_end (MsaSim *self)
{
  SimJob *running;

  while ((running = g_queue_pop_head (&self->jobs)) != NULL)
    {
      running->job->finished (running->job);
      sim_unschedule (self, running->event);
    }
}

void
msa_sim_set_file (MsaSim *self,
                  const char *path,
                  const void *data,
                  gssize len)
{
  gsize size = len < 0 ? strlen (data) : (gsize) len;

  g_hash_table_replace (self->files, g_strdup (path), g_bytes_new (data, size));
}

GBytes *
sim_read_file (MsaSys *sys,
               const char *path,
               gsize max,
               GError **error)
{
  MsaSim *self = (MsaSim *) sys;
  GBytes *bytes = g_hash_table_lookup (self->files, path);
  int code = sim_enter (self, SIM_OP_read_file) ? 0 : errno;

  if (code == 0 && bytes == NULL)
    code = ENOENT;
  if (code != 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "Reading '%s' failed: %s",
                   path, g_strerror (code));
      return NULL;
    }
  if (g_bytes_get_size (bytes) > max)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
                   "'%s' is larger than %" G_GSIZE_FORMAT " bytes", path, max);
      return NULL;
    }
  return g_bytes_ref (bytes);
}

gboolean
sim_file_stamp (MsaSys *sys,
                const char *path,
                guint64 *stamp)
{
  MsaSim *self = (MsaSim *) sys;
  GBytes *bytes = g_hash_table_lookup (self->files, path);

  if (!sim_enter (self, SIM_OP_file_stamp))
    return FALSE;
  if (bytes == NULL)
    {
      errno = ENOENT;
      return FALSE;
    }

  *stamp = ((guint64) g_bytes_get_size (bytes) << 32) | g_bytes_hash (bytes);
  return TRUE;
}

/* FALSE: the call fails, by msa_sim_fail_nth(). */
static gboolean
enter_open (MsaSim *self,
            SimOp op,
            GFile *file,
            GError **error)
{
  int code;

  if (sim_enter (self, op))
    return TRUE;

  code = errno;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "Opening '%s' failed: %s",
               g_file_peek_path (file), g_strerror (code));
  return FALSE;
}

/* Files that are written and read as streams are real ones. */
GOutputStream *
sim_open_output (MsaSys *sys,
                 GFile *file,
                 gboolean *existed,
                 GCancellable *cancellable,
                 GError **error)
{
  if (!enter_open ((MsaSim *) sys, SIM_OP_open_output, file, error))
    return NULL;

  return msa_sys_real_open_output (sys, file, existed, cancellable, error);
}

/* So are the pipes to them. */
MsaPipe *
sim_pipe_open (MsaSys *sys)
{
  return sim_enter ((MsaSim *) sys, SIM_OP_pipe_open) ? msa_sys_real_pipe_open (sys) : NULL;
}

gboolean
sim_pipe_drain (MsaSys *sys,
                MsaPipe *pipe,
                GOutputStream *stream,
                gsize n,
                GCancellable *cancellable,
                GError **error)
{
  int code;

  if (sim_enter ((MsaSim *) sys, SIM_OP_pipe_drain))
    return msa_sys_real_pipe_drain (sys, pipe, stream, n, cancellable, error);

  code = errno;
  g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (code), g_strerror (code));
  return FALSE;
}

gboolean
sim_finish_output (MsaSys *sys,
                   GOutputStream *stream,
                   GFile *file,
                   GCancellable *cancellable,
                   GError **error)
{
  int code;

  if (sim_enter ((MsaSim *) sys, SIM_OP_finish_output))
    return msa_sys_real_finish_output (sys, stream, file, cancellable, error);

  code = errno;
  g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (code), g_strerror (code));
  return FALSE;
}

void
sim_discard_output (MsaSys *sys,
                    GOutputStream *stream,
                    GFile *file,
                    gboolean existed)
{
  sim_enter ((MsaSim *) sys, SIM_OP_discard_output);
  msa_sys_real_discard_output (sys, stream, file, existed);
}

GInputStream *
sim_open_input (MsaSys *sys,
                GFile *file,
                gint64 *length,
                GCancellable *cancellable,
                GError **error)
{
  GFileInputStream *stream;
  g_autoptr (GFileInfo) info = NULL;

  if (!enter_open ((MsaSim *) sys, SIM_OP_open_input, file, error))
    return NULL;

  stream = g_file_read (file, cancellable, error);
  *length = -1;
  if (stream == NULL)
    return NULL;
  info = g_file_input_stream_query_info (stream, "standard::size,standard::type", cancellable,
                                         NULL);
  /* Pipes and devices say 0. */
  if (info != NULL && g_file_info_get_file_type (info) == G_FILE_TYPE_REGULAR)
    *length = g_file_info_get_size (info);

  return G_INPUT_STREAM (stream);
}

void
msa_sim_set_env (MsaSim *self,
                 const char *name,
                 const char *value)
{
  g_hash_table_replace (self->environment, g_strdup (name), g_strdup (value));
}

const char *
sim_getenv (MsaSys *sys,
            const char *name)
{
  MsaSim *self = (MsaSim *) sys;

  sim_enter (self, SIM_OP_getenv);
  return g_hash_table_lookup (self->environment, name);
}

void
msa_sim_set_interface (MsaSim *self,
                       const char *name,
                       guint index)
{
  g_hash_table_replace (self->interfaces, g_strdup (name), GUINT_TO_POINTER (index));
}

guint
sim_interface_index (MsaSys *sys,
                     const char *name)
{
  MsaSim *self = (MsaSim *) sys;

  if (!sim_enter (self, SIM_OP_interface_index))
    return 0;
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->interfaces, name));
}
