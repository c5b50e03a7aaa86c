/* msa-headers.h: an ordered list of HTTP fields
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

#include "msa-version-macros.h"

G_BEGIN_DECLS

#define MSA_TYPE_HEADERS (msa_headers_get_type ())

typedef struct _MsaHeaders MsaHeaders;

/**
 * MsaHeadersForeachFunc:
 * @name: the field's name, as it was written
 * @value: its value
 * @user_data: what was passed along
 *
 * Called by [method@Headers.foreach] for each field.
 *
 * Since: 1.0
 */
typedef void (*MsaHeadersForeachFunc) (const char *name,
                                       const char *value,
                                       gpointer user_data);

MSA_AVAILABLE_IN_1_0
GType       msa_headers_get_type   (void);
MSA_AVAILABLE_IN_1_0
MsaHeaders *msa_headers_new        (void) G_GNUC_WARN_UNUSED_RESULT;
MSA_AVAILABLE_IN_1_0
MsaHeaders *msa_headers_ref        (MsaHeaders *self);
MSA_AVAILABLE_IN_1_0
void        msa_headers_unref      (MsaHeaders *self);
MSA_AVAILABLE_IN_1_0
MsaHeaders *msa_headers_copy       (MsaHeaders *self) G_GNUC_WARN_UNUSED_RESULT;

MSA_AVAILABLE_IN_1_0
const char *msa_headers_get        (MsaHeaders *self,
                                    const char *name);
MSA_AVAILABLE_IN_1_0
GStrv       msa_headers_get_all    (MsaHeaders *self,
                                    const char *name) G_GNUC_WARN_UNUSED_RESULT;
MSA_AVAILABLE_IN_1_0
guint       msa_headers_get_length (MsaHeaders *self);
MSA_AVAILABLE_IN_1_0
const char *msa_headers_get_nth    (MsaHeaders *self,
                                    guint i,
                                    const char **value);
MSA_AVAILABLE_IN_1_0
void        msa_headers_foreach    (MsaHeaders *self,
                                    MsaHeadersForeachFunc func,
                                    gpointer user_data);

MSA_AVAILABLE_IN_1_0
gboolean    msa_headers_append     (MsaHeaders *self,
                                    const char *name,
                                    const char *value,
                                    GError **error);
MSA_AVAILABLE_IN_1_0
gboolean    msa_headers_replace    (MsaHeaders *self,
                                    const char *name,
                                    const char *value,
                                    GError **error);
MSA_AVAILABLE_IN_1_0
gboolean    msa_headers_remove     (MsaHeaders *self,
                                    const char *name);
MSA_AVAILABLE_IN_1_0
void        msa_headers_clear      (MsaHeaders *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaHeaders, msa_headers_unref)

G_END_DECLS
