import assert from "node:assert/strict";
import { saysOutOfMemory } from "../../../src/protocol/memory/outOfMemory.ts";

describe("saysOutOfMemory", () => {
	for (const line of [
		"llama_model_load: error loading model: unable to allocate CPU_REPACK buffer",
		"unable to allocate CUDA0 buffer",
		"ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer of size 1073741824",
		"alloc_tensor_range: failed to allocate CPU_REPACK buffer of size 284164096",
		"ggml_gallocr_reserve_n_impl: failed to allocate Vulkan0 buffer of size 300000000",
		"llama_init_from_model: failed to initialize the context: failed to allocate buffer for kv cache",
		"llama_init_from_model: failed to initialize the context: failed to allocate compute pp buffers",
		"graph_reserve: failed to allocate compute buffers",
		"ggml_backend_cuda_buffer_type_alloc_buffer: allocating 4096.00 MiB on device 0: cudaMalloc failed: out of memory",
		"CUDA error: out of memory",
		"CUBLAS_STATUS_ALLOC_FAILED: allocation of the workspace failed",
		"ggml_vulkan: Device memory allocation of size 1073741824 failed.",
		"ggml_vulkan: vk::Device::allocateMemory: ErrorOutOfDeviceMemory",
		"ErrorOutOfHostMemory",
		"kIOGPUCommandBufferCallbackErrorOutOfMemory",
		"error: Insufficient Memory (00000008:kIOGPUCommandBufferCallbackErrorOutOfMemory)",
		"mmap failed: Cannot allocate memory",
		"spawn ENOMEM",
		"terminate called after throwing an instance of 'std::bad_alloc'",
		"  what():  std::bad_alloc",
		"bad allocation",
		"Not enough memory resources are available to process this command.",
	])
		it(`in ${line}`, () => assert.ok(saysOutOfMemory(line)));

	for (const line of [
		"",
		"signal SIGABRT",
		"exit code 1",
		"tensor 'token_embd.weight' data is not within the file bounds, model is corrupted or incomplete",
		"gguf_init_from_file_impl: encountered bad_alloc error while reading tensor name 12",
		"unknown model architecture: 'gptoss'",
		"wrong number of tensors; expected 459, got 147",
		"CUDA error: no kernel image is available for execution on the device",
		"failed to find a memory slot for batch of size 512",
		"GGML_ASSERT(buffer) failed",
		"failed to open the file: Permission denied",
	])
		it(`not in ${JSON.stringify(line)}`, () =>
			assert.ok(!saysOutOfMemory(line)));
});
