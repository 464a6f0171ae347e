/** The names that a language has without any import: keywords, types and globals. */

const javascript = words(`
	abstract any arguments as asserts async await bigint boolean break case catch class const constructor continue debugger declare default delete do else enum
	export extends false finally for from function get if implements import in infer instanceof interface is keyof let namespace never new null number
	object of out override package private protected public readonly require return satisfies set static string super switch symbol this throw true try type
	typeof undefined unique unknown using var void while with yield
	exports module process global __dirname __filename
	Awaited Capitalize ConstructorParameters Exclude Extract InstanceType Lowercase NonNullable NoInfer Omit OmitThisParameter Parameters Partial Pick
	PropertyKey Readonly ReadonlyArray ReadonlyMap ReadonlySet Record Required ReturnType ThisParameterType ThisType Uncapitalize Uppercase ArrayLike
	AsyncGenerator AsyncIterable AsyncIterableIterator AsyncIterator Generator GeneratorFunction Iterable IterableIterator IteratorResult PromiseLike
	PropertyDescriptor PropertyDescriptorMap TemplateStringsArray ErrorOptions BufferEncoding NodeJS
	addEventListener removeEventListener dispatchEvent alert atob btoa cancelAnimationFrame requestAnimationFrame requestIdleCallback cancelIdleCallback
	clearInterval clearTimeout confirm console customElements document fetch getComputedStyle getSelection history indexedDB innerHeight innerWidth localStorage
	location matchMedia navigator open parent postMessage prompt queueMicrotask reportError scrollTo self sessionStorage setInterval setTimeout structuredClone
	window caches crypto performance screen importScripts
	AnimationEvent Attr Audio AudioContext CanvasRenderingContext2D CharacterData ClipboardEvent ClipboardItem CloseEvent CSSStyleDeclaration CSSStyleSheet
	DataTransfer DocumentFragment DOMException DOMParser DOMRect DragEvent Element ErrorEvent EventListener File FileList FileReader FocusEvent
	IDBDatabase Image ImageBitmap ImageData InputEvent IntersectionObserver KeyboardEvent MediaQueryList MediaRecorder MediaStream MessageEvent MouseEvent
	MutationObserver MutationRecord Node NodeList NodeListOf Notification OffscreenCanvas Option PageTransitionEvent Path2D PointerEvent PopStateEvent
	ProgressEvent PromiseRejectionEvent Range RequestInit ResizeObserver ResizeObserverEntry ResponseInit Selection ServiceWorker ShadowRoot SharedWorker Storage
	StorageEvent StyleSheet SubmitEvent SVGElement Text TouchEvent TransitionEvent TreeWalker UIEvent WebGLRenderingContext WheelEvent Window Worker
	XPathResult
	jQuery describe it test expect before after beforeEach afterEach beforeAll afterAll suite setup teardown jest vi define
`);

const python = words(`
	and as assert async await break case class continue def del elif else except finally for from global if import in is lambda match nonlocal not or pass
	raise return try type while with yield self cls None True False NotImplemented Ellipsis
	abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile complex copyright credits delattr dict dir divmod
	enumerate eval exec exit filter float format frozenset getattr globals hasattr hash help hex id input int isinstance issubclass iter len license list
	locals map max memoryview min next object oct open ord pow print property quit range repr reversed round set setattr slice sorted staticmethod str sum
	super tuple vars zip basestring cmp execfile file long raw_input reduce reload unichr unicode xrange
	__all__ __annotations__ __builtins__ __class__ __debug__ __dict__ __doc__ __file__ __import__ __loader__ __main__ __module__ __name__ __package__ __path__
	__qualname__ __slots__ __spec__ __version__
	ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError BrokenPipeError BufferError BytesWarning ChildProcessError
	ConnectionAbortedError ConnectionError ConnectionRefusedError ConnectionResetError DeprecationWarning EOFError EncodingWarning EnvironmentError Exception
	ExceptionGroup FileExistsError FileNotFoundError FloatingPointError FutureWarning GeneratorExit IOError ImportError ImportWarning IndentationError
	IndexError InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError ModuleNotFoundError NameError NotADirectoryError
	NotImplementedError OSError OverflowError PendingDeprecationWarning PermissionError ProcessLookupError PythonFinalizationError RecursionError
	ReferenceError ResourceWarning RuntimeError RuntimeWarning StopAsyncIteration StopIteration SyntaxError SyntaxWarning SystemError SystemExit TabError
	TimeoutError TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning UserWarning ValueError
	WindowsError Warning ZeroDivisionError reveal_type
`);

/** Interfaces of the browser whose families are large. */
const browserFamily =
	/^(?:HTML|SVG|CSS|RTC|IDB|GPU|Audio|Media|XML|Web|Event)[A-Z]\w*$/;

const byLanguage: Readonly<Record<string, ReadonlySet<string>>> = {
	javascript,
	typescript: javascript,
	python,
};

/** The languages in which a name that is neither known to the text nor built in is sure to be undefined. */
export function requiresImports(languageId: string): boolean {
	return Object.hasOwn(byLanguage, languageId);
}

export function isBuiltIn(name: string, languageId: string): boolean {
	if (byLanguage[languageId]?.has(name)) return true;
	return (
		languageId !== "python" &&
		// What this very runtime has: `Map`, `Uint8Array`, `AbortController`.
		(Object.hasOwn(globalThis, name) || browserFamily.test(name))
	);
}

function words(text: string): ReadonlySet<string> {
	return new Set(text.trim().split(/\s+/));
}
