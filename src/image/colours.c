/*
 * From the colours of a profile to sRGB, by Little CMS. Cameras of telephones write colours that
 * are wider than sRGB; shown as if they were sRGB they look dull. Profiles are foreign bytes as
 * pictures are: this runs in the same process, behind the same walls. A profile that cannot be
 * used, or is none of red, green and blue, is as if it were not there.
 */
#include "image_private.h"

#include <lcms2.h>

static bool is_usable(cmsHPROFILE profile)
{
	return profile && cmsGetColorSpace(profile) == cmsSigRgbData &&
	       (cmsGetPCS(profile) == cmsSigXYZData || cmsGetPCS(profile) == cmsSigLabData) &&
	       cmsGetDeviceClass(profile) != cmsSigLinkClass;
}

static void convert(cmsContext context, cmsHPROFILE from, struct pixels *pixels)
{
	cmsHPROFILE to = cmsCreate_sRGBProfileTHR(context);
	cmsHTRANSFORM transform = to ? cmsCreateTransformTHR(context, from, TYPE_RGB_8, to,
							     TYPE_RGB_8, INTENT_PERCEPTUAL, 0)
				     : NULL;
	size_t row = (size_t)pixels->width * PIXEL_SIZE;

	for (int y = 0; y < pixels->height && transform; y++) {
		uint8_t *at = pixels->at + (size_t)y * row;

		cmsDoTransform(transform, at, at, (cmsUInt32Number)pixels->width);
	}
	if (transform)
		cmsDeleteTransform(transform);
	if (to)
		cmsCloseProfile(to);
}

enum err colours_convert(struct text profile, struct pixels *pixels)
{
	if (!profile.size)
		return OK;

	cmsContext context = cmsCreateContext(NULL, NULL);
	if (!context)
		return ERR_MEMORY;
	cmsHPROFILE from =
		cmsOpenProfileFromMemTHR(context, profile.at, (cmsUInt32Number)profile.size);
	if (is_usable(from))
		convert(context, from, pixels);
	if (from)
		cmsCloseProfile(from);
	cmsDeleteContext(context);
	return OK;
}
