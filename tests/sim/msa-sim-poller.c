/* msa-sim-poller.c: descriptors of the simulation, their readiness, and waiting
 *
 * Readiness is kept, not searched for: whoever may have changed that of a descriptor calls
 * sim_descriptor_changed(), which files its registrations into the ready lists of their
 * pollers and makes the pollers' eventfds follow. The state of sockets is in msa-sim-socket.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "sim/msa-sim-private.h"

#include "model/msa-enums.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define ALWAYS (MSA_SOCKET_ERR | MSA_SOCKET_HUP)

static const char *const kind_names[] = { "socket", "poller", "event", "timer" };

static guint
get_ready (const SimDescriptor *self)
{
  switch (self->kind)
    {
    case SIM_SOCKET:
      return sim_socket_get_ready (self->socket);
    case SIM_POLLER:
      return self->ready.length > 0 ? MSA_SOCKET_IN : 0;
    case SIM_EVENT:
    case SIM_TIMER:
    default:
      return self->set ? MSA_SOCKET_IN : 0;
    }
}

static void
update_poller (SimDescriptor *poller)
{
  gboolean set = poller->ready.length > 0;
  guint64 count = 1;
  gssize n;

  if (set == poller->set)
    return;

  poller->set = set;
  if (set)
    n = write (poller->fd, &count, sizeof count);
  else
    n = read (poller->fd, &count, sizeof count);
  g_assert_cmpint (n, ==, sizeof count);
  sim_descriptor_changed (poller);
}

static void
update_registration (SimRegistration *registration)
{
  SimDescriptor *poller = registration->poller;
  gboolean is_ready = (get_ready (registration->descriptor) &
                       (registration->events | ALWAYS)) != 0;

  if (is_ready == registration->is_ready)
    return;

  registration->is_ready = is_ready;
  if (is_ready)
    g_queue_push_tail_link (&poller->ready, &registration->link);
  else
    g_queue_unlink (&poller->ready, &registration->link);
  update_poller (poller);
}

void
sim_descriptor_changed (SimDescriptor *self)
{
  for (guint i = 0; i < self->registrations->len; i++)
    update_registration (self->registrations->pdata[i]);
}

static void
remove_registration (SimRegistration *registration)
{
  SimDescriptor *poller = registration->poller;

  if (registration->is_ready)
    g_queue_unlink (&poller->ready, &registration->link);
  g_hash_table_remove (poller->watched, registration);
  g_ptr_array_remove (registration->descriptor->registrations, registration);
  g_free (registration);
  update_poller (poller);
}

static SimRegistration *
find_registration (SimDescriptor *descriptor,
                   SimDescriptor *poller)
{
  for (guint i = 0; i < descriptor->registrations->len; i++)
    {
      SimRegistration *registration = descriptor->registrations->pdata[i];

      if (registration->poller == poller)
        return registration;
    }
  return NULL;
}

SimDescriptor *
sim_descriptor_open (MsaSim *self,
                     SimKind kind)
{
  SimDescriptor *descriptor;
  int fd;

  if (self->fd_limit != 0 && g_hash_table_size (self->descriptors) >= self->fd_limit)
    {
      errno = EMFILE;
      return NULL;
    }

  if (kind == SIM_POLLER)
    fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  else
    fd = open ("/dev/null", O_RDWR | O_CLOEXEC);
  if (fd < 0)
    return NULL;

  descriptor = g_new0 (SimDescriptor, 1);
  descriptor->fd = fd;
  descriptor->kind = kind;
  descriptor->registrations = g_ptr_array_new ();
  g_queue_init (&descriptor->ready);
  if (kind == SIM_POLLER)
    descriptor->watched = g_hash_table_new (NULL, NULL);
  g_hash_table_insert (self->descriptors, GINT_TO_POINTER (fd), descriptor);
  self->progress++;
  return descriptor;
}

SimDescriptor *
sim_descriptor_find (MsaSim *self,
                     int fd,
                     SimKind kind,
                     const char *op)
{
  SimDescriptor *descriptor = g_hash_table_lookup (self->descriptors, GINT_TO_POINTER (fd));

  if (descriptor != NULL && descriptor->kind == kind)
    return descriptor;

  if (descriptor == NULL)
    sim_violate (self, "%s on closed descriptor %d", op, fd);
  else
    sim_violate (self, "%s on %s %d", op, kind_names[descriptor->kind], fd);
  errno = EBADF;
  return NULL;
}

void
sim_descriptor_free (SimDescriptor *self)
{
  while (self->registrations->len > 0)
    remove_registration (self->registrations->pdata[0]);
  if (self->watched != NULL)
    {
      GHashTableIter iter;
      gpointer registration;

      /* Its own readiness is of no more interest, so that the iterator stays valid. */
      g_hash_table_iter_init (&iter, self->watched);
      while (g_hash_table_iter_next (&iter, &registration, NULL))
        {
          SimRegistration *watched = registration;

          g_ptr_array_remove (watched->descriptor->registrations, watched);
          g_free (watched);
        }
      g_hash_table_unref (self->watched);
    }

  if (self->socket != NULL)
    sim_socket_close (self->socket);
  g_ptr_array_unref (self->registrations);
  close (self->fd);
  g_free (self);
}

void
sim_close (MsaSys *sys,
           int fd)
{
  MsaSim *self = (MsaSim *) sys;
  SimDescriptor *descriptor = g_hash_table_lookup (self->descriptors, GINT_TO_POINTER (fd));

  sim_enter (self, SIM_OP_close);
  if (descriptor == NULL)
    {
      sim_violate (self, "close on closed descriptor %d", fd);
      return;
    }

  if (descriptor->registrations->len > 0)
    sim_violate (self, "close on registered descriptor %d", fd);
  if (descriptor->alarm != NULL)
    sim_unschedule (self, descriptor->alarm);
  self->progress++;
  g_hash_table_remove (self->descriptors, GINT_TO_POINTER (fd));
}

guint
msa_sim_n_open (MsaSim *self)
{
  return g_hash_table_size (self->descriptors);
}

void
msa_sim_set_fd_limit (MsaSim *self,
                      guint n)
{
  self->fd_limit = n;
}

static int
open_number (MsaSim *self,
             SimOp op,
             SimKind kind)
{
  SimDescriptor *descriptor;

  if (!sim_enter (self, op))
    return -1;
  descriptor = sim_descriptor_open (self, kind);
  return descriptor != NULL ? descriptor->fd : -1;
}

int
sim_poller_open (MsaSys *sys)
{
  return open_number ((MsaSim *) sys, SIM_OP_poller_open, SIM_POLLER);
}

static void
add_registration (SimDescriptor *poller,
                  SimDescriptor *descriptor,
                  guint events,
                  guint64 token)
{
  SimRegistration *registration = g_new0 (SimRegistration, 1);

  registration->descriptor = descriptor;
  registration->poller = poller;
  registration->events = events;
  registration->token = token;
  registration->link.data = registration;
  g_ptr_array_add (descriptor->registrations, registration);
  g_hash_table_add (poller->watched, registration);
  update_registration (registration);
}

/* What epoll_ctl() would say; besides, the caller's bookkeeping must be right. */
static int
check_registration (MsaSim *self,
                    const SimRegistration *registration,
                    int fd,
                    guint old,
                    guint events)
{
  if (old == 0 && events == 0)
    {
      sim_violate (self, "poller_set on descriptor %d from nothing to nothing", fd);
      errno = ENOENT;
      return -1;
    }
  if (registration == NULL && old != 0)
    {
      sim_violate (self, "poller_set on unregistered descriptor %d", fd);
      errno = ENOENT;
      return -1;
    }
  if (registration != NULL && old == 0)
    {
      sim_violate (self, "poller_set registers descriptor %d twice", fd);
      errno = EEXIST;
      return -1;
    }
  if (registration != NULL && registration->events != old)
    sim_violate (self, "poller_set on descriptor %d takes %u for the old events, not %u", fd,
                 old, registration->events);
  return 0;
}

int
sim_poller_set (MsaSys *sys,
                int poller,
                int fd,
                guint old,
                guint events,
                guint64 token)
{
  MsaSim *self = (MsaSim *) sys;
  SimDescriptor *watcher, *descriptor;
  SimRegistration *registration;

  /* What is registered can always be taken out: EPOLL_CTL_DEL needs nothing. */
  if (!sim_enter (self, SIM_OP_poller_set) && events != 0)
    return -1;
  watcher = sim_descriptor_find (self, poller, SIM_POLLER, "poller_set");
  if (watcher == NULL)
    return -1;
  descriptor = g_hash_table_lookup (self->descriptors, GINT_TO_POINTER (fd));
  if (descriptor == NULL)
    {
      sim_violate (self, "poller_set on closed descriptor %d", fd);
      errno = EBADF;
      return -1;
    }

  self->progress++;
  registration = find_registration (descriptor, watcher);
  if (check_registration (self, registration, fd, old, events) < 0)
    return -1;

  if (registration == NULL)
    add_registration (watcher, descriptor, events, token);
  else if (events == 0)
    remove_registration (registration);
  else
    {
      registration->events = events;
      registration->token = token;
      update_registration (registration);
    }
  return 0;
}

typedef struct
{
  MsaSim        *sim;
  SimDescriptor *poller;
  MsaSysEvent   *events;
  guint          max;
  GPollFD       *fds;
  guint          n_fds;
} Waiting;

/* Lets time pass until @collect finds something or @timeout_ms is over. */
static int
wait_for (MsaSim *self,
          int (*collect) (Waiting *waiting),
          Waiting *waiting,
          int timeout_ms)
{
  gint64 deadline_us = timeout_ms < 0 ? G_MAXINT64 : self->now_us + (gint64) timeout_ms * 1000;
  int n;

  deadline_us = MIN (deadline_us, self->limit_us);
  msa_sim_advance_to (self, self->now_us);
  while ((n = collect (waiting)) == 0 && self->now_us < deadline_us)
    {
      if (!msa_sim_step (self, deadline_us) && deadline_us == G_MAXINT64)
        {
          sim_violate (self, "a wait without end, and nothing will happen");
          errno = EDEADLK;
          return -1;
        }
    }
  return n;
}

static int
collect_events (Waiting *waiting)
{
  GQueue *ready = &waiting->poller->ready;
  guint n = MIN (waiting->max, ready->length);

  for (guint i = 0; i < n; i++)
    {
      /* To the end, so that all have their turn when there are more than @max. */
      GList *link = g_queue_pop_head_link (ready);
      SimRegistration *registration = link->data;

      g_queue_push_tail_link (ready, link);
      waiting->events[i].token = registration->token;
      waiting->events[i].events = get_ready (registration->descriptor) &
                                  (registration->events | ALWAYS);
    }
  return (int) n;
}

int
sim_poller_wait (MsaSys *sys,
                 int poller,
                 MsaSysEvent *events,
                 guint max,
                 int timeout_ms)
{
  MsaSim *self = (MsaSim *) sys;
  Waiting waiting = { .sim = self, .events = events, .max = max };

  if (!sim_enter (self, SIM_OP_poller_wait))
    return -1;
  waiting.poller = sim_descriptor_find (self, poller, SIM_POLLER, "poller_wait");
  if (waiting.poller == NULL)
    return -1;
  return wait_for (self, collect_events, &waiting, timeout_ms);
}

static int
collect_fds (Waiting *waiting)
{
  int n = 0;

  for (guint i = 0; i < waiting->n_fds; i++)
    {
      GPollFD *fd = &waiting->fds[i];
      SimDescriptor *descriptor = g_hash_table_lookup (waiting->sim->descriptors,
                                                       GINT_TO_POINTER (fd->fd));

      fd->revents = 0;
      if (descriptor != NULL)
        fd->revents = get_ready (descriptor) & (fd->events | ALWAYS);
      else if (fd->fd >= 0)
        g_poll (fd, 1, 0); /* the test's own, or closed: POLLNVAL */
      n += fd->revents != 0;
    }
  return n;
}

int
sim_poll (MsaSys *sys,
          GPollFD *fds,
          guint n_fds,
          int timeout_ms)
{
  MsaSim *self = (MsaSim *) sys;
  Waiting waiting = { .sim = self, .fds = fds, .n_fds = n_fds };
  int n;

  if (!sim_enter (self, SIM_OP_poll))
    return -1;
  n = wait_for (self, collect_fds, &waiting, timeout_ms);
  for (guint i = 0; i < n_fds; i++)
    {
      if ((fds[i].revents & G_IO_NVAL) != 0)
        sim_violate (self, "poll on closed descriptor %d", fds[i].fd);
    }
  return n;
}

static void
set_readable (SimDescriptor *self,
              gboolean set)
{
  self->set = set;
  sim_descriptor_changed (self);
}

int
sim_event_open (MsaSys *sys)
{
  return open_number ((MsaSim *) sys, SIM_OP_event_open, SIM_EVENT);
}

void
sim_event_set (MsaSys *sys,
               int fd)
{
  MsaSim *self = (MsaSim *) sys;
  SimDescriptor *descriptor;

  sim_enter (self, SIM_OP_event_set);
  descriptor = sim_descriptor_find (self, fd, SIM_EVENT, "event_set");
  if (descriptor != NULL)
    set_readable (descriptor, TRUE);
}

void
sim_event_clear (MsaSys *sys,
                 int fd)
{
  MsaSim *self = (MsaSim *) sys;
  SimDescriptor *descriptor;

  sim_enter (self, SIM_OP_event_clear);
  descriptor = sim_descriptor_find (self, fd, SIM_EVENT, "event_clear");
  if (descriptor == NULL)
    return;

  self->progress += descriptor->set;
  set_readable (descriptor, FALSE);
}

int
sim_timer_open (MsaSys *sys)
{
  return open_number ((MsaSim *) sys, SIM_OP_timer_open, SIM_TIMER);
}

static void
fire_timer (MsaSim *sim,
            gpointer data)
{
  SimDescriptor *descriptor = data;

  descriptor->alarm = NULL;
  set_readable (descriptor, TRUE);
}

int
sim_timer_set (MsaSys *sys,
               int fd,
               gint64 deadline_us)
{
  MsaSim *self = (MsaSim *) sys;
  SimDescriptor *descriptor;

  if (!sim_enter (self, SIM_OP_timer_set))
    return -1;
  descriptor = sim_descriptor_find (self, fd, SIM_TIMER, "timer_set");
  if (descriptor == NULL)
    return -1;

  if (descriptor->alarm != NULL)
    sim_unschedule (self, g_steal_pointer (&descriptor->alarm));
  set_readable (descriptor, deadline_us <= self->now_us);
  if (deadline_us > self->now_us && deadline_us != G_MAXINT64)
    descriptor->alarm = sim_schedule (self, deadline_us, fire_timer, descriptor, NULL);
  return 0;
}
