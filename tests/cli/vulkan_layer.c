/* A Vulkan layer that makes one function of a device fail, or slow.
 *
 *   FAULT_FUNCTION   which one: vkWaitSemaphores
 *   FAULT_FIRST      from which call of the process on, counted from 1
 *   FAULT_LAST       up to which call; the first one only if it is not set
 *   FAULT_SLEEP      seconds that these calls sleep
 *   FAULT_RESULT     the VkResult that they return without calling the driver, which is called if this is not set:
 *                    -1 no host memory, -2 no device memory, -4 device lost, 0 "done" of something that never happens
 *   FAULT_HANG       if it is set, functions that wait for a device to be idle never return after the first fault, as
 *                    for a submission that never ends
 *   FAULT_MARK       a file that is made at the first of them
 *   FAULT_HARDWARE   if it is set, adapters say that they are discrete GPUs
 *
 * It declares what it needs of the loader's interface (version 2), so that no Vulkan header has to be installed. */

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int32_t VkResult;
typedef void (*Function)(void);
typedef Function (*GetProcAddr)(void *object, const char *name);

/* VkInstanceCreateInfo and VkDeviceCreateInfo begin so, as everything in their chains does. */
typedef struct Chain {
    int32_t type;
    const struct Chain *next;
} Chain;

/* VkLayerInstanceLink has a third member, which is not used. */
typedef struct Link {
    struct Link *next;
    GetProcAddr instance_proc_addr;
    GetProcAddr device_proc_addr;
} Link;

/* VkLayerInstanceCreateInfo and VkLayerDeviceCreateInfo. */
typedef struct {
    int32_t type;
    const void *next;
    int32_t function;
    Link *link;
} LinkInfo;

enum { LOADER_INSTANCE_CREATE_INFO = 47, LOADER_DEVICE_CREATE_INFO = 48, LINK_INFO = 0 };

static GetProcAddr next_instance_proc_addr, next_device_proc_addr;
static volatile int hangs;

static LinkInfo *link_info(const Chain *chain, int32_t type) {
    for (; chain; chain = chain->next)
        if (chain->type == type && ((LinkInfo *)chain)->function == LINK_INFO) return (LinkInfo *)chain;
    abort();
}

static long variable(const char *name, long otherwise) {
    const char *text = getenv(name);
    return text ? atol(text) : otherwise;
}

/* Whether this call of the chosen function returns FAULT_RESULT. */
static int fails(void) {
    static int calls;
    long call = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
    long first = variable("FAULT_FIRST", 1);
    if (call < first || call > variable("FAULT_LAST", first)) return 0;
    hangs = getenv("FAULT_HANG") != NULL;
    if (getenv("FAULT_MARK")) close(creat(getenv("FAULT_MARK"), 0600));
    /* A signal ends a sleep. */
    for (unsigned left = variable("FAULT_SLEEP", 0); left > 0;) left = sleep(left);
    return getenv("FAULT_RESULT") != NULL;
}

/* The chosen function in the driver. Whatever it takes fits into six integers or pointers. */
typedef VkResult (*Six)(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t);
static Six chosen;

static VkResult faulty(uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e, uintptr_t f) {
    return fails() ? (VkResult)variable("FAULT_RESULT", -4) : chosen(a, b, c, d, e, f);
}

/* vkDeviceWaitIdle and vkQueueWaitIdle in the driver. */
static VkResult (*next_device_idle)(void *), (*next_queue_idle)(void *);

static VkResult device_idle(void *device) {
    while (hangs) pause();
    return next_device_idle(device);
}

static VkResult queue_idle(void *queue) {
    while (hangs) pause();
    return next_queue_idle(queue);
}

static VkResult create_instance(const Chain *info, const void *allocator, void **instance) {
    LinkInfo *here = link_info(info->next, LOADER_INSTANCE_CREATE_INFO);
    next_instance_proc_addr = here->link->instance_proc_addr;
    here->link = here->link->next;
    typedef VkResult (*Create)(const Chain *, const void *, void **);
    return ((Create)next_instance_proc_addr(NULL, "vkCreateInstance"))(info, allocator, instance);
}

static VkResult create_device(void *adapter, const Chain *info, const void *allocator, void **device) {
    LinkInfo *here = link_info(info->next, LOADER_DEVICE_CREATE_INFO);
    GetProcAddr instance_proc_addr = here->link->instance_proc_addr;
    next_device_proc_addr = here->link->device_proc_addr;
    here->link = here->link->next;
    const char *function = getenv("FAULT_FUNCTION");
    if (function && !strcmp(function, "vkCreateDevice") && fails()) return (VkResult)variable("FAULT_RESULT", -4);
    typedef VkResult (*Create)(void *, const Chain *, const void *, void **);
    return ((Create)instance_proc_addr(NULL, "vkCreateDevice"))(adapter, info, allocator, device);
}

static Function device_proc_addr(void *device, const char *name) {
    if (!strcmp(name, "vkGetDeviceProcAddr")) return (Function)device_proc_addr;
    Function next = next_device_proc_addr(device, name);
    const char *function = getenv("FAULT_FUNCTION");
    if (!next || !function) return next;
    /* A function may have the name that it had as an extension: vkWaitSemaphoresKHR. */
    size_t len = strlen(function);
    if (!strncmp(name, function, len) && (!name[len] || !strcmp(name + len, "KHR"))) {
        chosen = (Six)next;
        return (Function)faulty;
    }
    if (!strcmp(name, "vkDeviceWaitIdle")) {
        next_device_idle = (VkResult (*)(void *))next;
        return (Function)device_idle;
    }
    if (!strcmp(name, "vkQueueWaitIdle")) {
        next_queue_idle = (VkResult (*)(void *))next;
        return (Function)queue_idle;
    }
    return next;
}

/* vkGetPhysicalDeviceProperties: the type of an adapter is the fifth word. */
static void (*next_properties)(void *, uint32_t *);

static void properties(void *adapter, uint32_t *words) {
    enum { DISCRETE_GPU = 2 };
    next_properties(adapter, words);
    if (getenv("FAULT_HARDWARE")) words[4] = DISCRETE_GPU;
}

static Function instance_proc_addr(void *instance, const char *name) {
    if (!strcmp(name, "vkGetInstanceProcAddr")) return (Function)instance_proc_addr;
    if (!strcmp(name, "vkGetDeviceProcAddr")) return (Function)device_proc_addr;
    if (!strcmp(name, "vkCreateInstance")) return (Function)create_instance;
    if (!strcmp(name, "vkCreateDevice")) return (Function)create_device;
    Function next = next_instance_proc_addr ? next_instance_proc_addr(instance, name) : NULL;
    if (next && !strcmp(name, "vkGetPhysicalDeviceProperties")) {
        next_properties = (void (*)(void *, uint32_t *))next;
        return (Function)properties;
    }
    return next;
}

/* VkNegotiateLayerInterface, of which the version may be lowered. */
typedef struct {
    int32_t type;
    void *next;
    uint32_t version;
    GetProcAddr instance_proc_addr, device_proc_addr, adapter_proc_addr;
} Negotiated;

VkResult vkNegotiateLoaderLayerInterfaceVersion(Negotiated *negotiated) {
    negotiated->version = 2;
    negotiated->instance_proc_addr = instance_proc_addr;
    negotiated->device_proc_addr = device_proc_addr;
    negotiated->adapter_proc_addr = NULL;
    return 0;
}
