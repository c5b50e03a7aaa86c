/* msa-lock-private.h: a mutex that ThreadSanitizer can see
 *
 * GLib's mutex waits on a futex inside a library that is not instrumented, so that the
 * sanitizer misses the order it makes. Here that order is told. Every lock and every
 * wait for another thread goes through this file.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#if defined(__SANITIZE_THREAD__)
#define MSA_HAS_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MSA_HAS_TSAN 1
#endif
#endif

#ifdef MSA_HAS_TSAN
void __tsan_acquire (void *address);
void __tsan_release (void *address);
#define MSA_LOCK_TOOK(self) __tsan_acquire (self)
#define MSA_LOCK_GIVES(self) __tsan_release (self)
#else
#define MSA_LOCK_TOOK(self) ((void) (self))
#define MSA_LOCK_GIVES(self) ((void) (self))
#endif

typedef struct
{
  GMutex mutex;
} MsaLock;

static inline void
msa_lock_init (MsaLock *self)
{
  g_mutex_init (&self->mutex);
}

static inline void
msa_lock_clear (MsaLock *self)
{
  g_mutex_clear (&self->mutex);
}

static inline void
msa_lock_take (MsaLock *self)
{
  g_mutex_lock (&self->mutex);
  MSA_LOCK_TOOK (self);
}

static inline void
msa_lock_give (MsaLock *self)
{
  MSA_LOCK_GIVES (self);
  g_mutex_unlock (&self->mutex);
}

/* As g_cond_wait_until(): FALSE if @end_us came first. */
static inline gboolean
msa_lock_wait_until (MsaLock *self,
                     GCond *cond,
                     gint64 end_us)
{
  gboolean woken;

  MSA_LOCK_GIVES (self);
  woken = g_cond_wait_until (cond, &self->mutex, end_us);
  MSA_LOCK_TOOK (self);
  return woken;
}

/* A hand-over that GLib orders, as the connection of a signal does: what came before the one is
 * seen after the other. */
static inline void
msa_lock_hands_over (gpointer address)
{
  MSA_LOCK_GIVES (address);
}

static inline void
msa_lock_was_handed (gpointer address)
{
  MSA_LOCK_TOOK (address);
}
