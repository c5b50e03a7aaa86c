/* msa-sim.c: the simulated MsaSys
 *
 * Life, the virtual clock with its events, counters and faults, and the table that leads to the
 * other parts.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "sim/msa-sim-private.h"

#include <errno.h>

static const char *const op_names[] = {
#define SIM_OP_NAME(name) #name,
  SIM_OPS (SIM_OP_NAME)
#undef SIM_OP_NAME
};

/* Calls that have no way to say that they failed, or no reason to: timerfd_settime() needs
 * nothing. */
static const gboolean infallible[SIM_N_OPS] = {
  [SIM_OP_now_us] = TRUE,
  [SIM_OP_boot_us] = TRUE,
  [SIM_OP_real_us] = TRUE,
  [SIM_OP_socket_tune] = TRUE,
  [SIM_OP_close] = TRUE,
  [SIM_OP_event_set] = TRUE,
  [SIM_OP_event_clear] = TRUE,
  [SIM_OP_timer_set] = TRUE,
  [SIM_OP_discard_output] = TRUE,
  [SIM_OP_getenv] = TRUE,
  [SIM_OP_free] = TRUE,
};

static int
compare_events (gconstpointer a,
                gconstpointer b,
                gpointer user_data)
{
  const SimEvent *left = a, *right = b;

  if (left->at_us != right->at_us)
    return left->at_us < right->at_us ? -1 : 1;
  return left->serial < right->serial ? -1 : left->serial > right->serial;
}

static void
free_event (SimEvent *event)
{
  if (event->destroy != NULL)
    event->destroy (event->data);
  g_free (event);
}

SimEvent *
sim_schedule (MsaSim *self,
              gint64 at_us,
              void (*run) (MsaSim *sim, gpointer data),
              gpointer data,
              GDestroyNotify destroy)
{
  SimEvent *event = g_new0 (SimEvent, 1);

  event->at_us = MAX (at_us, self->now_us);
  event->serial = self->n_events++;
  event->run = run;
  event->data = data;
  event->destroy = destroy;
  event->place = g_sequence_insert_sorted (self->events, event, compare_events, NULL);
  return event;
}

void
sim_unschedule (MsaSim *self,
                SimEvent *event)
{
  g_sequence_remove (event->place);
  free_event (event);
}

gint64
msa_sim_get_now_us (MsaSim *self)
{
  return self->now_us;
}

gboolean
msa_sim_is_happening (MsaSim *self)
{
  return self->n_happening > 0;
}

gint64
msa_sim_next_event (MsaSim *self)
{
  GSequenceIter *first = g_sequence_get_begin_iter (self->events);

  if (g_sequence_iter_is_end (first))
    return G_MAXINT64;
  return ((SimEvent *) g_sequence_get (first))->at_us;
}

void
msa_sim_advance_to (MsaSim *self,
                    gint64 now_us)
{
  while (msa_sim_next_event (self) <= now_us)
    {
      SimEvent *event = g_sequence_get (g_sequence_get_begin_iter (self->events));

      g_sequence_remove (event->place);
      self->progress++;
      self->now_us = MAX (self->now_us, event->at_us);
      self->n_happening++;
      event->run (self, event->data);
      self->n_happening--;
      free_event (event);
    }

  self->now_us = MAX (self->now_us, now_us);
}

void
msa_sim_advance_by (MsaSim *self,
                    gint64 us)
{
  msa_sim_advance_to (self, self->now_us + us);
}

gboolean
msa_sim_step (MsaSim *self,
              gint64 deadline_us)
{
  gint64 next_us = msa_sim_next_event (self);

  if (MIN (next_us, deadline_us) == G_MAXINT64)
    return FALSE;
  msa_sim_advance_to (self, MIN (next_us, deadline_us));
  return next_us <= deadline_us;
}

void
msa_sim_set_limit (MsaSim *self,
                   gint64 until_us)
{
  self->limit_us = until_us;
}

gint64
msa_sim_get_limit (MsaSim *self)
{
  return self->limit_us;
}

typedef struct
{
  void (*func) (MsaSim *sim, gpointer data);
  gpointer data;
} SimCall;

static void
run_call (MsaSim *sim,
          gpointer data)
{
  SimCall *call = data;

  call->func (sim, call->data);
}

void
msa_sim_call_after (MsaSim *self,
                    gint64 delay_us,
                    void (*func) (MsaSim *sim, gpointer data),
                    gpointer data)
{
  SimCall *call = g_new (SimCall, 1);

  *call = (SimCall) { func, data };
  sim_schedule (self, self->now_us + delay_us, run_call, call, g_free);
}

void
msa_sim_suspend (MsaSim *self,
                 gint64 us)
{
  self->suspended_us += us;
}

static guint
find_op (const char *op)
{
  for (guint i = 0; i < SIM_N_OPS; i++)
    {
      if (g_str_equal (op_names[i], op))
        return i;
    }

  g_assert_cmpstr (op, ==, "*");
  return SIM_N_OPS;
}

const char *
msa_sim_get_op (guint i,
                gboolean *can_fail)
{
  if (i >= SIM_N_OPS)
    return NULL;
  *can_fail = !infallible[i];
  return op_names[i];
}

guint
msa_sim_count (MsaSim *self,
               const char *op)
{
  return self->counts[find_op (op)];
}

void
msa_sim_fail_nth (MsaSim *self,
                  const char *op,
                  guint nth,
                  int error_number)
{
  guint id = find_op (op);
  SimFault fault = { id, self->counts[id] + nth, error_number };

  g_array_append_val (self->faults, fault);
}

void
msa_sim_fail_no_more (MsaSim *self)
{
  g_array_set_size (self->faults, 0);
}

gboolean
sim_enter (MsaSim *self,
           SimOp op)
{
  self->counts[op]++;
  if (self->freed)
    sim_violate (self, "%s after free", op_names[op]);
  if (infallible[op])
    return TRUE;

  self->counts[SIM_N_OPS]++;
  for (guint i = 0; i < self->faults->len; i++)
    {
      SimFault fault = g_array_index (self->faults, SimFault, i);

      if ((fault.op == op || fault.op == SIM_N_OPS) && self->counts[fault.op] == fault.at)
        {
          g_array_remove_index (self->faults, i);
          errno = fault.error_number;
          return FALSE;
        }
    }
  return TRUE;
}

void
sim_violate (MsaSim *self,
             const char *format,
             ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (self->violations, g_strdup_vprintf (format, args));
  va_end (args);
}

guint64
msa_sim_get_progress (MsaSim *self)
{
  return self->progress;
}

GPtrArray *
msa_sim_get_violations (MsaSim *self)
{
  return self->violations;
}

void
msa_sim_assert_clean (MsaSim *self)
{
  GHashTableIter iter;
  gpointer fd;

  for (guint i = 0; i < self->violations->len; i++)
    g_test_message ("violation: %s", (char *) self->violations->pdata[i]);
  g_hash_table_iter_init (&iter, self->descriptors);
  while (g_hash_table_iter_next (&iter, &fd, NULL))
    g_test_message ("still open: %d", GPOINTER_TO_INT (fd));

  g_assert_cmpuint (self->violations->len, ==, 0);
  g_assert_cmpuint (g_hash_table_size (self->descriptors), ==, 0);
}

static gint64
sim_now_us (MsaSys *sys)
{
  MsaSim *self = (MsaSim *) sys;

  sim_enter (self, SIM_OP_now_us);
  return self->now_us;
}

static gint64
sim_boot_us (MsaSys *sys)
{
  MsaSim *self = (MsaSim *) sys;

  sim_enter (self, SIM_OP_boot_us);
  return self->now_us + self->suspended_us;
}

/* The virtual year begins at 2026-01-01. */
static gint64
sim_real_us (MsaSys *sys)
{
  MsaSim *self = (MsaSim *) sys;

  sim_enter (self, SIM_OP_real_us);
  return G_GINT64_CONSTANT (1767225600) * G_USEC_PER_SEC + self->now_us + self->suspended_us;
}

static void
sim_free (MsaSys *sys)
{
  MsaSim *self = (MsaSim *) sys;

  sim_enter (self, SIM_OP_free);
  /* What was opened by a job may be thrown away at its end. */
  sim_jobs_end (self);
  self->freed = TRUE;
  msa_sim_unref (self);
}

static const MsaSysOps ops = {
  .now_us = sim_now_us,
  .boot_us = sim_boot_us,
  .real_us = sim_real_us,
  .socket_open = sim_socket_open,
  .socket_bind = sim_socket_bind,
  .socket_bind_device = sim_socket_bind_device,
  .socket_adopt = sim_socket_adopt,
  .socket_connect = sim_socket_connect,
  .socket_tune = sim_socket_tune,
  .socket_error = sim_socket_error,
  .socket_send = sim_socket_send,
  .socket_recv = sim_socket_recv,
  .socket_peek = sim_socket_peek,
  .socket_shutdown_write = sim_socket_shutdown_write,
  .close = sim_close,
  .poller_open = sim_poller_open,
  .poller_set = sim_poller_set,
  .poller_wait = sim_poller_wait,
  .poll = sim_poll,
  .event_open = sim_event_open,
  .event_set = sim_event_set,
  .event_clear = sim_event_clear,
  .timer_open = sim_timer_open,
  .timer_set = sim_timer_set,
  .run_job = sim_run_job,
  .look_up = sim_look_up,
  .ask_resolver = sim_ask_resolver,
  .read_file = sim_read_file,
  .file_stamp = sim_file_stamp,
  .open_output = sim_open_output,
  .pipe_open = sim_pipe_open,
  .socket_splice = sim_socket_splice,
  .pipe_drain = sim_pipe_drain,
  .finish_output = sim_finish_output,
  .discard_output = sim_discard_output,
  .open_input = sim_open_input,
  .interface_index = sim_interface_index,
  .getenv = sim_getenv,
  .free = sim_free,
};

MsaSim *
msa_sim_new (void)
{
  MsaSim *self = g_new0 (MsaSim, 1);

  self->sys.ops = &ops;
  self->refs = 1;
  self->now_us = MSA_SIM_START_US;
  self->limit_us = G_MAXINT64;
  self->events = g_sequence_new (NULL);
  self->descriptors = g_hash_table_new_full (NULL, NULL, NULL,
                                             (GDestroyNotify) sim_descriptor_free);
  self->faults = g_array_new (FALSE, FALSE, sizeof (SimFault));
  self->violations = g_ptr_array_new_with_free_func (g_free);
  self->servers = g_ptr_array_new_with_free_func (g_free);
  sim_sockets_init (self);
  sim_local_init (self);
  sim_hosts_init (self);
  return self;
}

MsaSim *
msa_sim_ref (MsaSim *self)
{
  self->refs++;
  return self;
}

MsaSys *
msa_sim_get_sys (MsaSim *self)
{
  return &self->sys;
}

void
msa_sim_unref (MsaSim *self)
{
  if (--self->refs > 0)
    return;

  self->freed = TRUE;
  sim_jobs_end (self);
  g_hash_table_unref (self->descriptors);
  while (!g_sequence_is_empty (self->events))
    sim_unschedule (self, g_sequence_get (g_sequence_get_begin_iter (self->events)));
  g_sequence_free (self->events);
  sim_sockets_clear (self);
  sim_local_clear (self);
  sim_hosts_clear (self);
  g_ptr_array_unref (self->servers);
  g_array_unref (self->faults);
  g_ptr_array_unref (self->violations);
  g_free (self);
}
