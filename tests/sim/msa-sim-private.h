/* msa-sim-private.h: the parts of the simulation among themselves
 *
 * msa-sim.c has life, clock, counters and the table; msa-sim-poller.c descriptors, readiness
 * and waiting; msa-sim-socket.c connections and their peers; msa-sim-local.c the local ends of
 * these; msa-sim-host.c names, jobs, files.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "sim/msa-sim.h"

typedef struct _SimDescriptor SimDescriptor;
typedef struct _SimEvent      SimEvent;
typedef struct _SimPeer       SimPeer;
typedef struct _SimSocket     SimSocket;

/* Every member of MsaSysOps. */
#define SIM_OPS(X)                                                                                 \
  X (now_us) X (boot_us) X (real_us) X (socket_open) X (socket_connect) X (socket_error)           \
  X (socket_bind) X (socket_bind_device) X (socket_adopt) X (socket_tune) X (socket_send)          \
  X (socket_recv) X (socket_peek) X (socket_shutdown_write) X (close) X (poller_open)              \
  X (poller_set) X (poller_wait) X (poll) X (event_open) X (event_set) X (event_clear)             \
  X (timer_open) X (timer_set) X (run_job) X (look_up) X (ask_resolver) X (read_file)              \
  X (file_stamp) X (open_output) X (open_input) X (interface_index) X (pipe_open)                  \
  X (socket_splice) X (pipe_drain) X (finish_output) X (discard_output) X (getenv) X (free)

typedef enum
{
#define SIM_OP_ID(name) SIM_OP_##name,
  SIM_OPS (SIM_OP_ID)
#undef SIM_OP_ID
  SIM_N_OPS,
} SimOp;

G_STATIC_ASSERT (sizeof (MsaSysOps) == SIM_N_OPS * sizeof (void (*) (void)));

/* Something that happens at a time. */
struct _SimEvent
{
  gint64         at_us;
  guint64        serial;    /* same time: first come, first served */
  void         (*run) (MsaSim *sim, gpointer data);
  gpointer       data;
  GDestroyNotify destroy;   /* (nullable): of data, also when it never happens */
  GSequenceIter *place;
};

typedef enum
{
  SIM_SOCKET,
  SIM_POLLER,
  SIM_EVENT,
  SIM_TIMER,
} SimKind;

typedef struct
{
  SimDescriptor *descriptor; /* (unowned): removes this when closed */
  SimDescriptor *poller;     /* (unowned): removes this when closed */
  guint          events;     /* wanted */
  guint64        token;
  GList          link;       /* in the poller's ready list while is_ready */
  gboolean       is_ready;
} SimRegistration;

struct _SimDescriptor
{
  int        fd;
  SimKind    kind;
  GPtrArray *registrations; /* (owned) (element-type SimRegistration) (owned elements): where it is watched */

  SimSocket *socket;        /* (owned) (nullable): SIM_SOCKET */
  GQueue     ready;         /* SIM_POLLER: links of ready registrations, in order of their getting so */
  GHashTable *watched;      /* (owned) (nullable): SIM_POLLER: set of the registrations in it */
  gboolean   set;           /* SIM_EVENT, SIM_TIMER: readable; SIM_POLLER: the eventfd was written to */
  SimEvent  *alarm;         /* (unowned) (nullable): SIM_TIMER: when it fires */
};

typedef enum
{
  SIM_NEW,
  SIM_CONNECTING,
  SIM_CONNECTED,
  SIM_FAILED,
} SimState;

/* The client's end of a connection; goes with its descriptor. */
struct _SimSocket
{
  MsaSim        *sim;        /* (unowned) */
  SimDescriptor *descriptor; /* (unowned): its owner */
  SimPeer       *peer;       /* (unowned) (nullable): from connect() on */
  SimState       state;
  int            family;
  int            error;      /* to be told once */
  MsaAddress     local;      /* len 0: neither bound nor connected */
  char          *device;     /* (owned) (nullable): the interface it was bound to */
  MsaAddress     remote;     /* len 0: before connect() */
  GByteArray    *inbox;      /* (owned): arrived */
  gboolean       eof;
  gboolean       reset;
  gboolean       write_shut;
  gboolean       recv_failed; /* by msa_sim_fail_nth(), and for good */
  gboolean       send_failed; /* the same */
  gsize          in_flight;  /* sent, and not yet read by the peer */
  guint64        whim;       /* of msa_sim_set_unsteady(): what is drawn from */
  gboolean       balked;     /* gave EAGAIN last, without need */
};

typedef struct
{
  guint op;                 /* SIM_N_OPS: any */
  guint at;                 /* the count at which it fails */
  int   error_number;
} SimFault;

struct _MsaSim
{
  MsaSys      sys;          /* first */
  guint       refs;
  gboolean    freed;        /* ops->free was called */

  gint64      now_us;
  gint64      suspended_us;
  gint64      limit_us;     /* of waits */
  GSequence  *events;       /* (owned) (element-type SimEvent) */
  guint64     n_events;
  guint       n_happening;  /* events that run now, one within another */

  GHashTable *descriptors;  /* (owned): fd to SimDescriptor */
  guint       fd_limit;

  guint       counts[SIM_N_OPS + 1];
  GArray     *faults;       /* (owned) (element-type SimFault) */
  GPtrArray  *violations;   /* (owned) (element-type utf8) */

  gint64      latency_us;
  gsize       send_window;
  gsize       segment;
  guint64     unsteady;     /* 0: not */
  guint64     progress;
  MsaSimWatchFunc watch;    /* (nullable) */
  gpointer    watch_data;
  guint16     next_port;
  GHashTable *local_hosts;  /* (owned): set of the addresses, with port 0, that may be bound to */
  GHashTable *local_ports;  /* (owned): set of those that others hold */
  GHashTable *listeners;    /* (owned): "address:port" or "unix:path" to SimListener */
  GHashTable *routes;       /* (owned): address to SimRoute */
  GPtrArray  *links;        /* (owned) (element-type SimPeer): the other end of every connect() */
  GPtrArray  *peers;        /* (owned) (element-type MsaSimPeer): those of them that were accepted */

  GHashTable *hosts;        /* (owned): name to SimHost */
  gint64      resolver_delay_us;
  gint64      job_delay_us;
  GHashTable *files;        /* (owned): path to GBytes */
  GHashTable *environment;  /* (owned): name to value */
  GHashTable *interfaces;   /* (owned): name to index */
  GQueue      jobs;         /* (element-type SimJob): their ends to come */
  GPtrArray  *servers;      /* (owned): what msa-sim-http.c keeps */
};

/* msa-sim.c */
SimEvent      *sim_schedule         (MsaSim *self,
                                     gint64 at_us,
                                     void (*run) (MsaSim *sim, gpointer data),
                                     gpointer data,
                                     GDestroyNotify destroy);
void           sim_unschedule       (MsaSim *self,
                                     SimEvent *event);
/* Counts a call. FALSE if it is to fail: errno is set. */
gboolean       sim_enter            (MsaSim *self,
                                     SimOp op);
void           sim_violate          (MsaSim *self,
                                     const char *format,
                                     ...) G_GNUC_PRINTF (2, 3);

/* msa-sim-poller.c */
/* NULL with errno set when there is no room. */
SimDescriptor *sim_descriptor_open  (MsaSim *self,
                                     SimKind kind);
/* The open descriptor of this number and kind, else NULL, EBADF and a violation by @op. */
SimDescriptor *sim_descriptor_find  (MsaSim *self,
                                     int fd,
                                     SimKind kind,
                                     const char *op);
/* To be called whenever its readiness may have changed. */
void           sim_descriptor_changed (SimDescriptor *self);
void           sim_descriptor_free  (SimDescriptor *self);
void           sim_close            (MsaSys *sys, int fd);
int            sim_poller_open      (MsaSys *sys);
int            sim_poller_set       (MsaSys *sys, int poller, int fd, guint old, guint events, guint64 token);
int            sim_poller_wait      (MsaSys *sys, int poller, MsaSysEvent *events, guint max, int timeout_ms);
int            sim_poll             (MsaSys *sys, GPollFD *fds, guint n_fds, int timeout_ms);
int            sim_event_open       (MsaSys *sys);
void           sim_event_set        (MsaSys *sys, int fd);
void           sim_event_clear      (MsaSys *sys, int fd);
int            sim_timer_open       (MsaSys *sys);
int            sim_timer_set        (MsaSys *sys, int fd, gint64 deadline_us);

/* msa-sim-socket.c */
void           sim_sockets_init     (MsaSim *self);
void           sim_sockets_clear    (MsaSim *self);
guint          sim_socket_get_ready (SimSocket *self);
/* The descriptor is gone: says so to the peer and drops the client's side. */
void           sim_socket_close     (SimSocket *self);
int            sim_socket_open      (MsaSys *sys, int family);
int            sim_socket_connect   (MsaSys *sys, int fd, const MsaAddress *address);
void           sim_socket_tune      (MsaSys *sys, int fd, const MsaSocketTuning *tuning);
int            sim_socket_error     (MsaSys *sys, int fd);
gssize         sim_socket_send      (MsaSys *sys, int fd, const void *data, gsize len);
gssize         sim_socket_recv      (MsaSys *sys, int fd, void *buffer, gsize size);
gssize         sim_socket_peek      (MsaSys *sys, int fd, void *buffer, gsize size);
gssize         sim_socket_splice    (MsaSys *sys, int fd, MsaPipe *pipe, gsize max);
int            sim_socket_shutdown_write (MsaSys *sys, int fd);
/* Reads a numeric address; aborts the test if it is none. */
MsaAddress     sim_parse_address    (const char *text,
                                     guint16 port);
char          *sim_format_address   (const MsaAddress *address,
                                     gboolean with_port) G_GNUC_WARN_UNUSED_RESULT;

/* msa-sim-local.c */
void           sim_local_init       (MsaSim *self);
void           sim_local_clear      (MsaSim *self);
int            sim_socket_bind      (MsaSys *sys, int fd, const MsaAddress *address);
int            sim_socket_adopt       (MsaSys *sys, GSocket *socket, gboolean *connected);
int            sim_socket_bind_device (MsaSys *sys, int fd, const char *name);
/* Gives a socket that connects to @remote what it has not been bound to. FALSE: two connections
 * would be the same. */
gboolean       sim_local_choose     (SimSocket *self,
                                     const MsaAddress *remote);

/* msa-sim-host.c */
void           sim_hosts_init       (MsaSim *self);
void           sim_hosts_clear      (MsaSim *self);
/* The owner has gone: jobs end now. */
void           sim_jobs_end         (MsaSim *self);
gboolean       sim_run_job          (MsaSys *sys, MsaJob *job, GError **error);
int            sim_look_up          (MsaSys *sys, MsaJob *job, const char *name, int family, GArray *addresses);
int            sim_ask_resolver     (MsaSys *sys, MsaJob *job, GResolver *resolver, const char *name, int family, GArray *addresses, char **reason);
GOutputStream *sim_open_output      (MsaSys *sys, GFile *file, gboolean *existed, GCancellable *cancellable, GError **error);
MsaPipe       *sim_pipe_open        (MsaSys *sys);
gboolean       sim_pipe_drain       (MsaSys *sys, MsaPipe *pipe, GOutputStream *stream, gsize n, GCancellable *cancellable, GError **error);
gboolean       sim_finish_output    (MsaSys *sys, GOutputStream *stream, GFile *file, GCancellable *cancellable, GError **error);
void           sim_discard_output   (MsaSys *sys, GOutputStream *stream, GFile *file, gboolean existed);
GInputStream  *sim_open_input       (MsaSys *sys, GFile *file, gint64 *length, GCancellable *cancellable, GError **error);
GBytes        *sim_read_file        (MsaSys *sys, const char *path, gsize max, GError **error);
gboolean       sim_file_stamp       (MsaSys *sys, const char *path, guint64 *stamp);
guint          sim_interface_index  (MsaSys *sys, const char *name);
const char    *sim_getenv           (MsaSys *sys, const char *name);
